package answer

import (
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
)

// kind is a rotator with a description.
type kind struct{ rotation.Description }

func (kind) Plan(rotation.Subject) (rotation.Plan, error) { return rotation.Plan{}, nil }

func (k kind) Describe() rotation.Description { return k.Description }

func TestEveryKindIsListedOnceAndEveryClassIsExplained(t *testing.T) {
	keys := kind{rotation.Description{
		Names: []string{"keys", "other"}, Resources: []string{"Microsoft.A/b"}, Classes: []rotation.Class{rotation.DualKey, rotation.Single},
		Tags: []string{rotation.TagValueField, rotation.TagClass},
	}}
	apps := kind{rotation.Description{Names: []string{"apps"}, Classes: []rotation.Class{rotation.Issued}}}
	r := Rotations{Engine: &engine.Engine{Rotators: map[string]rotation.Rotator{"keys": keys, "other": keys, "microsoft.a/b": keys, "apps": apps}}}
	found := r.ListRotators()
	if len(found.Value) != 2 || found.Value[0].Name != "apps" || found.Value[1].Name != "keys" {
		t.Fatalf("%+v", found.Value)
	}
	listed := found.Value[1]
	if len(listed.Names) != 2 || listed.Resources[0] != "Microsoft.A/b" || listed.Classes[0] != "K" || listed.Tags[0] != rotation.TagClass {
		t.Errorf("%+v", listed)
	}
	for _, class := range []rotation.Class{
		rotation.Overlap, rotation.Alternating, rotation.Single, rotation.DualKey, rotation.Issued, rotation.ValueOnly,
	} {
		if found.Classes[string(class)] == "" {
			t.Errorf("class %s is not explained", class)
		}
	}
	for _, tag := range found.Tags {
		if !rotation.Redirects(nil, map[string]string{tag: "1"}) {
			t.Errorf("%s directs no rotation", tag)
		}
	}
}
