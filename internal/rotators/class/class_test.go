package class_test

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/rotatortest"
)

func TestTheTagChoosesAmongTheClassesThatAreOffered(t *testing.T) {
	offered := []rotation.Class{rotation.Overlap, rotation.Single}
	for text, want := range map[string]rotation.Class{"": rotation.Overlap, "O": rotation.Overlap, "S": rotation.Single} {
		if got, err := class.Choose(map[string]string{rotation.TagClass: text}, "Some Product", offered...); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"A", "o", "canary"} {
		_, err := class.Choose(map[string]string{rotation.TagClass: text}, "Some Product", offered...)
		rotatortest.WantPermanent(t, err, "must be O or S for Some Product, or absent for O")
	}
}
