package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/deploy/bicep"
	"rotunda/internal/settings"
)

// bindings of the domain are described by their state and certificate, in their order.
func boundTo(d bicep.Deployment) (all []string) {
	for _, r := range made(d, "Microsoft.Web/sites/hostNameBindings") {
		all = append(all, fmt.Sprint(r.Name, " ", at(r, "properties", "sslState"), " ", at(r, "properties", "thumbprint")))
	}
	return all
}

// TLS must not go off for a moment at each deployment, so a host name without certificate is bound
// once only.
func TestADomainGetsACertificate(t *testing.T) {
	const withTLS = "func-1/rotunda.contoso.com SniEnabled «/group/Microsoft.Web/sites/certificates/func-1/rotunda.properties.thumbprint»"
	for isBound, want := range map[bool][]string{
		false: {"func-1/rotunda.contoso.com Disabled <nil>", withTLS},
		true:  {withTLS},
	} {
		d, err := bicep.Deploy(root+"/infra/domain.bicep", map[string]any{"siteName": "func-1", "location": "westeurope", "domain": "rotunda.contoso.com", "isBound": isBound})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, boundTo(d)); diff != "" {
			t.Errorf("bound already: %t: %s", isBound, diff)
		}
		if name := at(one(t, d, "Microsoft.Web/sites/certificates"), "properties", "canonicalName"); name != "rotunda.contoso.com" {
			t.Errorf("the certificate is for %v", name)
		}
	}
}

func TestTheAppKnowsItsAddress(t *testing.T) {
	for name, row := range map[string]struct {
		params map[string]any
		want   string
	}{
		"its own host name":      {nil, ""},
		"a domain of one's own":  {map[string]any{"customDomain": "rotunda.contoso.com"}, "https://rotunda.contoso.com"},
		"a gateway":              {map[string]any{"publicUrl": "https://g.contoso.com"}, "https://g.contoso.com"},
		"a gateway and a domain": {map[string]any{"publicUrl": "https://g.contoso.com", "customDomain": "rotunda.contoso.com"}, "https://g.contoso.com"},
	} {
		d := deploy(t, row.params)
		if got := appSettings(t, d)[settings.PublicURL]; got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
		// A certificate of the site needs this from the start.
		if at(one(t, d, "Microsoft.Web/sites"), "properties", "siteScopedCertificatesEnabled") != true {
			t.Errorf("%s: no certificates of the site", name)
		}
		if id := fmt.Sprint(d.Outputs["DOMAIN_VERIFICATION_ID"]); !strings.HasSuffix(id, ".properties.customDomainVerificationId»") {
			t.Errorf("%s: the proof for DNS is %s", name, id)
		}
	}
}
