package random

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

func TestRandomValuesKeepTheirShape(t *testing.T) {
	for value, around := range map[string][2]string{
		"canary-text":                                                 {"", ""},
		"https://app:canary-pw@api/x":                                 {"https://app:", "@api/x"},
		`{"username":"app","password":"canary-pw"}`:                   {`{"username":"app","password":"`, `"}`},
		"\ufeff" + `{"username":"app","password":"canary-pw"}` + "\n": {"\ufeff" + `{"username":"app","password":"`, `"}` + "\n"},
	} {
		plan, err := Rotator{}.Plan(rotation.Subject{Name: "key", Current: secret.NewValue(value), Tags: map[string]string{rotation.TagPasswordLength: "40"}})
		rotatortest.Must(t, err)
		next := plan.Next.Reveal()
		if !strings.HasPrefix(next, around[0]) || !strings.HasSuffix(next, around[1]) || len(next) != 40+len(around[0]+around[1]) {
			t.Errorf("%s: %s", value, next)
		}
		if plan.Class != rotation.ValueOnly || plan.Identity != "random value of key" {
			t.Errorf("%+v", plan)
		}
	}
}

func TestRandomValuesThatWouldLoseTheirShape(t *testing.T) {
	for says, s := range map[string]rotation.Subject{
		`"password"`:       {Name: "key", Current: secret.NewValue(`{"token":"canary-1"}`)},
		"user:password@":   {Name: "key", Current: secret.NewValue("https://api/canary-1")},
		"not a JSON":       {Name: "key", Current: secret.NewValue("\ufeff" + `{"username":"app","password":"canary-pw",}`)},
		"not an object":    {Name: "key", Current: secret.NewValue(`["canary"]`)},
		"PEM":              {Name: "key", Current: secret.NewValue("-----BEGIN PRIVATE KEY-----\ncanary\n")},
		"empty":            {Name: "key"},
		"can't replace it": {Name: "key", Current: secret.NewValue(`{"username":"app","password":"canary-12","note":"it is canary-12"}`)},
		"PasswordExclude ": {Name: "key", Current: secret.NewValue("canary-1"), Tags: map[string]string{"PasswordExclude": rotation.Alphanumeric.Letters}},
	} {
		_, err := Rotator{}.Plan(s)
		rotatortest.WantPermanent(t, err, says)
	}
}
