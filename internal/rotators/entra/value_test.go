package entra_test

import (
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

// A rotation changes the client secret of a value and nothing else.
func TestValuesKeepTheirForm(t *testing.T) {
	for name, row := range map[string]struct{ value, field string }{
		"a client secret":                {value: first},
		"with a line end":                {value: first + "\n"},
		"az ad sp create-for-rbac":       {value: `{"appId": "a", "displayName": "payroll", "password": "` + first + `", "tenant": "b"}`},
		"its form for GitHub Actions":    {value: `{"clientId":"a","clientSecret":"` + first + `","subscriptionId":"s","tenantId":"b"}`},
		"the environment of azidentity":  {value: "AZURE_TENANT_ID=b\nAZURE_CLIENT_ID=a\nAZURE_CLIENT_SECRET=" + first + "\n"},
		"the environment of Terraform":   {value: "ARM_CLIENT_ID=a\nARM_CLIENT_SECRET=\"" + first + "\"\n"},
		"a field that a tag names":       {value: `{"graph":{"key":"` + first + `"},"other":"canary-other"}`, field: "graph.key"},
		"a client secret with its label": {value: `{"secretText":"` + first + `","hint":"can"}`},
	} {
		f := newTenant(t, owned)
		s := f.subject()
		s.Current = secret.NewValue(row.value)
		if row.field != "" {
			s.Tags[rotation.TagValueField] = row.field
		}
		_, err := f.rotator().Plan(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if verdict, err := f.rotator().Probe(t.Context(), s, s.Current); verdict != rotation.Accepted {
			t.Errorf("%s: %v, %v", name, verdict, err)
		}
		id, value, err := f.rotator().Issue(t.Context(), s, "OPERATION", rotatortest.Unfenced)
		rotatortest.Must(t, err)
		text := ""
		for _, c := range f.Credentials(f.payroll.ClientID) {
			if c.KeyID == id {
				text = c.Text
			}
		}
		if value.Reveal() != strings.ReplaceAll(row.value, first, text) || text == "" {
			t.Errorf("%s: the value has another form", name)
		}
		if !f.rotator().Same(s, value, secret.NewValue(value.Reveal())) || f.rotator().Same(s, value, s.Current) {
			t.Errorf("%s: values are compared wrongly", name)
		}
	}
}
