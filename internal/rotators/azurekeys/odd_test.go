package azurekeys_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/standin/arm"
)

// Azure ignores the case of ids, so a tag in any case rotates and tries the same keys.
func TestIDsInAnyCase(t *testing.T) {
	for name, spelled := range map[string]func(string) string{"upper": strings.ToUpper, "lower": strings.ToLower} {
		for _, row := range services {
			t.Run(name+" case, "+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					id := strings.ReplaceAll(resource(row.resource), "contoso", "Contoso")
					a, r := start(t, id)
					s := subject(spelled(id), row.tag, strings.ReplaceAll(orKey(row.connection), "KEY", a.key(t, id, row.first)))
					if warnings, err := r.Check(t.Context(), s); err != nil || len(warnings) > 0 {
						t.Errorf("checked: %q, %v", warnings, err)
					}
					rotatortest.Must(t, a.SetFaults(id, arm.Faults{Deny: []string{"*/read"}}))
					if verdict, err := r.Probe(t.Context(), s, s.Current); verdict == rotation.Rejected {
						t.Errorf("unread: %v, %v", verdict, err)
					}
					rotatortest.Must(t, a.SetFaults(id, arm.Faults{}))
					rotatortest.Must(t, r.Regenerate(t.Context(), s, row.other))
					rotatortest.WantVerdict(t, r, s, keys(t, r, s)[row.other].Reveal(), rotation.Accepted)
				})
			})
		}
	}
}
