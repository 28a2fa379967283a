package entra_test

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/entra"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

const (
	object = "03ef14b0-ca33-4840-8f4f-d6e91916010e"
	key    = "f0b0b335-1d71-4883-8f98-567911bfdca6"
)

func TestPlanRejectsWhatCannotBeRight(t *testing.T) {
	for name, row := range map[string]struct {
		tags  map[string]string
		value string
		says  string
	}{
		"the name of an application":  {tags: map[string]string{rotation.TagProviderAddress: "payroll"}, says: "object id or client id"},
		"a URL":                       {tags: map[string]string{rotation.TagProviderAddress: "https://graph.microsoft.com/v1.0/applications/" + object}, says: "object id or client id"},
		"a GUID in braces":            {tags: map[string]string{rotation.TagProviderAddress: "{" + object + "}"}, says: "object id or client id"},
		"the name of a client secret": {tags: map[string]string{rotation.TagCredentialID: "payroll's"}, says: "key id"},
		"another class":               {tags: map[string]string{rotation.TagClass: "A"}, says: "must be C"},
		"no days":                     {tags: map[string]string{rotation.TagValidity: "soon"}, says: "whole number of days"},
		"an empty value":              {value: " ", says: "is empty"},
		"the id of a client secret":   {value: key, says: "GUID"},
		"a value of several lines":    {value: "client canary\nsecret canary", says: "found by a name such as clientSecret"},
		"a long value":                {value: strings.Repeat("canary", 100), says: "no client secret"},
	} {
		s := planned()
		for tag, value := range row.tags {
			s.Tags[tag] = value
		}
		s.Address, s.CredentialID = s.Tags[rotation.TagProviderAddress], s.Tags[rotation.TagCredentialID]
		if row.value != "" {
			s.Current = secret.NewValue(row.value)
		}
		t.Log(name)
		_, err := entra.New(entra.Config{}).Plan(s)
		rotatortest.WantPermanent(t, err, row.says)
	}
}

func planned() rotation.Subject {
	return rotation.Subject{
		Name: "payroll", Address: object, CredentialID: key, Current: secret.NewValue(first), Owner: "contoso.vault.azure.net/payroll",
		Tags: map[string]string{rotation.TagProviderAddress: object, rotation.TagCredentialID: key, rotation.TagValidity: "60"},
	}
}

func TestPlan(t *testing.T) {
	r, s := entra.New(entra.Config{}), planned()
	plan, err := r.Plan(s)
	if err != nil || plan.Class != rotation.Issued || !strings.Contains(strings.Join(plan.Warnings, " "), "federated credential") {
		t.Errorf("%+v, %v", plan, err)
	}
	s.Current, s.CredentialID = secret.NewValue("canary-next"), "00000000-0000-4000-8000-000000000001"
	if next, _ := r.Plan(s); next.Identity != plan.Identity {
		t.Errorf("after a rotation, %q is %q", plan.Identity, next.Identity)
	}
	s.Owner = "contoso.vault.azure.net/payroll-worker"
	if next, _ := r.Plan(s); next.Identity == plan.Identity {
		t.Error("two secrets with client secrets of one application have the same identity")
	}
}

func TestEveryCloudHasItsGraph(t *testing.T) {
	for host, c := range map[string]cloud.Configuration{
		"https://graph.microsoft.com":             {},
		"https://graph.microsoft.us":              cloud.AzureGovernment,
		"https://microsoftgraph.chinacloudapi.cn": cloud.AzureChina,
	} {
		r := entra.New(entra.Config{Cloud: c})
		if got := r.Server(object); got != host {
			t.Errorf("%s, not %s", got, host)
		}
		if got := r.Server("payroll"); got != "" {
			t.Errorf("a wrong address is at %s", got)
		}
		if !rotation.Hosts(host).Include(r.Server("entra:" + object)) {
			t.Errorf("a list of hosts with %s does not include it", host)
		}
	}
}

func TestSame(t *testing.T) {
	r, s := entra.New(entra.Config{}), planned()
	if !r.Same(s, secret.NewValue("canary-a"), secret.NewValue("canary-a")) || r.Same(s, secret.NewValue("canary-a"), secret.NewValue("canary-b")) {
		t.Error("a value is compared wrongly")
	}
	if r.Same(s, secret.NewValue(""), secret.NewValue("")) {
		t.Error("two values without a client secret hold the same")
	}
}
