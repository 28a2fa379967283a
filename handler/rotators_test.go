package main

import (
	"testing"

	"rotunda/internal/rotation"
)

func TestKindsAreDescribed(t *testing.T) {
	rotators := newRotators(connections{})
	names := 0
	for _, rotator := range rotators {
		description := rotator.Describe()
		names += len(description.Names) + len(description.Resources) + len(description.Refused)
		if len(description.Names) == 0 || len(description.Classes) == 0 {
			t.Errorf("%T has no name or no class: %+v", rotator, description)
		}
		for _, tag := range description.Tags {
			if !rotation.Redirects(nil, map[string]string{tag: "1"}) {
				t.Errorf("%s: whoever may set tags may set %s, which directs a rotation", description.Names[0], tag)
			}
		}
	}
	if found := byKind(rotators); len(found) != names {
		t.Errorf("%d names of kinds are %d kinds: two kinds have the same name", names, len(found))
	}
}
