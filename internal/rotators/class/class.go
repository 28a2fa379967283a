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

func list(classes []rotation.Class) string {
	names := make([]string, len(classes))
	for i, class := range classes {
		names[i] = string(class)
	}
	return strings.Join(names, " or ")
}
