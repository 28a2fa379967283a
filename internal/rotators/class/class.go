// Package class reads the tag RotationClass, by which a secret chooses among the classes that its
// rotator offers.
package class

import (
	"slices"
	"strings"

	"rotunda/internal/rotation"
)

// Choose returns the class that the tag names, or the first of offered without the tag. product is
// what a fault calls the provider.
func Choose(tags map[string]string, product string, offered ...rotation.Class) (rotation.Class, error) {
	chosen := rotation.Class(tags[rotation.TagClass])
	switch {
	case chosen == "":
		return offered[0], nil
	case !slices.Contains(offered, chosen):
		return "", rotation.Permanentf("The tag %s must be %s for %s, or absent for %s.", rotation.TagClass, list(offered), product, offered[0])
	}
	return chosen, nil
}

// ChooseForPair chooses between A and S, for providers where an administrator creates the two
// logins that take turns. The default is A with an administrator and S without one.
func ChooseForPair(s rotation.Subject, product string) (rotation.Class, error) {
	chosen, err := ChooseAnyPair(s, product)
	if chosen == rotation.Alternating && !s.Admin.IsSet() {
		err = rotation.Permanentf("Class A needs an administrator that creates the two logins. Name its secret in the tag AdminSecret, or set the tag RotationClass to S.")
	}
	return chosen, err
}

// ChooseAnyPair is ChooseForPair for providers where a pair can do without an administrator, which
// the tag RotationClass must ask for.
func ChooseAnyPair(s rotation.Subject, product string) (rotation.Class, error) {
	if s.Admin.IsSet() {
		return Choose(s.Tags, product, rotation.Alternating, rotation.Single)
	}
	return Choose(s.Tags, product, rotation.Single, rotation.Alternating)
}

func list(classes []rotation.Class) string {
	names := make([]string, len(classes))
	for i, class := range classes {
		names[i] = string(class)
	}
	return strings.Join(names, " or ")
}
