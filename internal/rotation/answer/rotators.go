package answer

import (
	"cmp"
	"slices"

	"rotunda/internal/rotation"
	"rotunda/internal/wire"
)

// readers says what each class means to those who read a secret.
var readers = map[rotation.Class]string{
	rotation.Overlap:     "The old and the new password are both valid until the grace period ends. Readers notice nothing.",
	rotation.Alternating: "Two logins take turns, so the user name changes too. The old login is valid until the grace period ends.",
	rotation.Single:      "There is one password. New logins with a value that was read before fail from the moment that the provider takes the new one.",
	rotation.DualKey:     "Two keys take turns. The old key is valid until the next rotation or the end of the grace period makes its value anew.",
	rotation.Issued:      "The provider issues another credential. The old one is valid until the grace period ends.",
	rotation.ValueOnly:   "The secret gets a new value, and no provider is told.",
}

// ListRotators returns the kinds of credential that the engine has rotators for, each once.
func (r Rotations) ListRotators() wire.Rotators {
	kinds := map[string]wire.Rotator{}
	for _, rotator := range r.Engine.Rotators {
		if described, ok := rotator.(rotation.Described); ok {
			kind := describe(described.Describe())
			kinds[kind.Name] = kind
		}
	}
	found := wire.Rotators{Value: []wire.Rotator{}, Classes: map[string]string{}, Tags: rotation.SharedTags()}
	for _, kind := range kinds {
		found.Value = append(found.Value, kind)
	}
	slices.SortFunc(found.Value, func(a, b wire.Rotator) int { return cmp.Compare(a.Name, b.Name) })
	for class, means := range readers {
		found.Classes[string(class)] = means
	}
	return found
}

func describe(d rotation.Description) wire.Rotator {
	kind := wire.Rotator{Name: d.Names[0], Names: d.Names, Resources: append([]string{}, d.Resources...), Tags: slices.Sorted(slices.Values(d.Tags))}
	for _, class := range d.Classes {
		kind.Classes = append(kind.Classes, string(class))
	}
	return kind
}
