package rotators_test

import (
	"slices"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/ldap"
	"rotunda/internal/rotators/mongodb"
	"rotunda/internal/rotators/mysql"
	"rotunda/internal/rotators/postgres"
	"rotunda/internal/rotators/random"
	"rotunda/internal/rotators/redis"
	"rotunda/internal/rotators/sqlserver"
	"rotunda/internal/secret"
)

// Every kind with a login finds it by the tag ValueField, and says that it reads the tag.
func TestEveryKindFindsTheLoginInTheFieldThatATagNames(t *testing.T) {
	const value = `{"other":{"username":"app","password":"of another"},"mine":{"username":"app","password":"canary"}}`
	for address, rotator := range map[string]rotation.Described{
		"postgres://h": postgres.Rotator{}, "mysql://h": mysql.Rotator{}, "rediss://h": redis.Rotator{}, "sqlserver://h": sqlserver.Rotator{},
		"ldaps://h": ldap.Rotator{}, "mongodb://h": mongodb.Rotator{}, "": random.Rotator{},
	} {
		s := subject(address)
		s.Current = secret.NewValue(value)
		if address == "ldaps://h" {
			s.CredentialID = "cn=app,dc=example,dc=com"
			s.Current = secret.NewValue(`{"other":{"password":"of another"},"mine":{"password":"canary"}}`)
		}
		if _, err := rotator.Plan(s); err == nil {
			t.Errorf("%s: one of two logins was chosen by chance", address)
		}
		s.Tags[rotation.TagValueField] = "mine.password"
		plan, err := rotator.Plan(s)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if next := plan.Next.Reveal(); len(next) < len(`"of another"`) || next[:40] != s.Current.Reveal()[:40] || next == s.Current.Reveal() {
			t.Errorf("%s: %s", address, next)
		}
		if !slices.Contains(rotator.Describe().Tags, rotation.TagValueField) {
			t.Errorf("%s: the description lacks the tag", address)
		}
	}
}
