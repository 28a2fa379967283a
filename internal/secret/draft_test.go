package secret_test

import (
	"testing"
	"time"

	"rotunda/internal/secret"
)

func TestDescribes(t *testing.T) {
	at := func(seconds int64) *time.Time { t := time.Unix(seconds, 0); return &t }
	stored := func(change func(*secret.Secret)) secret.Secret {
		s := secret.Secret{Value: secret.NewValue("v"), Attributes: secret.Attributes{Enabled: new(true)}}
		if change != nil {
			change(&s)
		}
		return s
	}
	plain := secret.Draft{Value: secret.NewValue("v")}
	for name, row := range map[string]struct {
		draft  secret.Draft
		stored secret.Secret
		same   bool
	}{
		"the defaults are the same as given": {plain, stored(nil), true},
		"another value":                      {secret.Draft{Value: secret.NewValue("w")}, stored(nil), false},
		"a content type was there":           {plain, stored(func(s *secret.Secret) { s.ContentType = new("x") }), false},
		"tags were there":                    {plain, stored(func(s *secret.Secret) { s.Tags = map[string]string{"a": "b"} }), false},
		"empty tags are no tags":             {plain, stored(func(s *secret.Secret) { s.Tags = map[string]string{} }), true},
		"it is disabled":                     {plain, stored(func(s *secret.Secret) { s.Attributes.Enabled = new(false) }), false},
		"an expiry was there":                {plain, stored(func(s *secret.Secret) { s.Attributes.Expires = at(9) }), false},
		"the same expiry": {
			secret.Draft{Value: secret.NewValue("v"), Expires: at(9)},
			stored(func(s *secret.Secret) { s.Attributes.Expires = at(9) }), true,
		},
		"another not-before": {
			secret.Draft{Value: secret.NewValue("v"), NotBefore: at(8)},
			stored(func(s *secret.Secret) { s.Attributes.NotBefore = at(9) }), false,
		},
	} {
		if got := row.draft.Describes(row.stored); got != row.same {
			t.Errorf("%s: Describes = %v", name, got)
		}
	}
}
