package entra_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	directory "rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
)

func TestOnlyEntrasWordOnTheClientSecretIsARejection(t *testing.T) {
	for name, row := range map[string]struct {
		do        func(t *testing.T, f *tenant)
		value     string
		verdict   rotation.Verdict
		permanent bool
		says      string
	}{
		"the client secret":  {value: first, verdict: rotation.Accepted},
		"another text":       {value: "canary-wrong", verdict: rotation.Rejected},
		"its id":             {value: key, permanent: true, says: "GUID"},
		"one that expired":   {do: expire, verdict: rotation.Rejected, permanent: true, says: "has expired"},
		"a disabled one":     {do: func(_ *testing.T, f *tenant) { f.Disable(f.payroll.ClientID, true) }, value: first, permanent: true, says: "is disabled"},
		"an endpoint's 503":  {do: fail(fault.Faults{Status: 503}), value: first, says: "answered 503"},
		"an endpoint's page": {do: fail(fault.Faults{Garbage: true}), value: first, says: "not its JSON"},
		"an endpoint's end":  {do: fail(fault.Faults{Down: true}), value: first, says: "did not answer"},
	} {
		f := newTenant(t, owned)
		if row.do != nil {
			row.do(t, f)
		}
		if row.value == "" {
			row.value = f.Credentials(f.payroll.ClientID)[f.count()-1].Text
		}
		verdict, err := f.rotator().Probe(t.Context(), f.subject(), secret.NewValue(row.value))
		if verdict != row.verdict {
			t.Errorf("%s: %v, not %v", name, verdict, row.verdict)
		}
		if row.says != "" {
			wantFault(t, err, row.permanent, row.says)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// expire adds a client secret that ended yesterday.
func expire(_ *testing.T, f *tenant) {
	f.AddCredential(f.payroll.ClientID, "", time.Now().AddDate(0, 0, -2), time.Now().AddDate(0, 0, -1))
}

// fail makes the tenant's endpoints fail, and not Graph.
func fail(faults fault.Faults) func(*testing.T, *tenant) {
	return func(t *testing.T, f *tenant) { rotatortest.Must(t, f.SetFaults(faults)) }
}

// Answers that the stand-in does not give, in Entra's words.
func TestRefusalsOfTheTokenEndpoint(t *testing.T) {
	for code, row := range map[string]struct {
		permanent bool
		says      string
	}{
		"700016":  {true, "no service principal"},
		"7000229": {true, "az ad sp create --id"},
		"700025":  {true, "public client"},
		"53003":   {true, "Conditional Access"},
		"530032":  {true, "Conditional Access"},
		"90002":   {true, "does not know the tenant"},
		"500011":  {true, "service principal of Microsoft Graph"},
		"90055":   {false, "too many requests"},
		"501051":  {false, "error?code=501051"},
		"":        {false, "answered 400"},
	} {
		verdict, err := newTenant(t, owned).rotatorAnswered(400, `{"error":"invalid_client","error_description":"canary","error_codes":[`+code+`]}`)
		if verdict != rotation.Unknown {
			t.Errorf("%s: %v", code, verdict)
		}
		wantFault(t, err, row.permanent, row.says)
	}
}

// rotatorAnswered probes with a token endpoint that gives one answer.
func (f *tenant) rotatorAnswered(status int, body string) (rotation.Verdict, error) {
	return f.probeBy(func(*http.Request) (*http.Response, error) { return answer(status, body), nil })
}

// token is a transport of which the token endpoint is replaced.
type token struct {
	tenant *tenant
	answer func(*http.Request) (*http.Response, error)
}

func (p token) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == directory.Host {
		return p.answer(r)
	}
	return p.tenant.wire.RoundTrip(r)
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: noClose{strings.NewReader(body)}}
}
