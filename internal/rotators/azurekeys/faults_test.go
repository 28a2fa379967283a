package azurekeys_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/arm"
)

var cosmos = resource("Microsoft.DocumentDB/databaseAccounts")

// Each of Azure's refusals of a regeneration is recognized, with what to do.
func TestRefusalsOfARegeneration(t *testing.T) {
	for name, row := range map[string]struct {
		id        string
		faults    arm.Faults
		permanent bool
		says      string
		orders    int64
	}{
		"no right":                          {account, arm.Faults{Deny: []string{"*/regenerateKey/action"}}, true, "may not do Microsoft.Storage/storageAccounts/regenerateKey/action", 1},
		"another operation":                 {account, arm.Faults{Busy: 1}, false, "busy with another operation on Storage contoso (409 AnotherOperationInProgress)", 1},
		"Cosmos DB's lock":                  {cosmos, arm.Faults{Busy: 1}, false, "busy with another operation on Cosmos DB contoso (412 PreconditionFailed)", 1},
		"too many requests":                 {account, regenerationFails(arm.Fault{Kind: arm.Throttle}), false, "asks for a pause of 17s", 1},
		"an endless pause":                  {account, regenerationFails(arm.Fault{Kind: arm.Throttle, RetryAfter: "99999999999"}), false, "asks for a pause of 1h0m0s", 1},
		"Azure is down":                     {account, regenerationFails(arm.Fault{Kind: arm.Error, Status: 503, Code: "ServerBusy", Message: "canary"}), false, "failed (503 ServerBusy)", 1},
		"a code like a key":                 {account, regenerationFails(arm.Fault{Kind: arm.Error, Status: 500, Code: "canary+/1=", Message: "canary"}), false, "failed (500)", 1},
		"a lock":                            {account, regenerationFails(arm.Fault{Kind: arm.Error, Status: 409, Code: "ScopeLocked", Message: "canary"}), true, "Remove the lock", 1},
		"a subscription that is disabled":   {account, regenerationFails(arm.Fault{Kind: arm.Error, Status: 409, Code: "ReadOnlyDisabledSubscription", Message: "canary"}), true, "subscription of Storage contoso is disabled", 1},
		"a provider that is not registered": {account, regenerationFails(arm.Fault{Kind: arm.Error, Status: 409, Code: "MissingSubscriptionRegistration", Message: "canary"}), true, "az provider register", 1},
		"the answer is lost":                {account, regenerationFails(arm.Fault{Kind: arm.DropAfter}), false, "did not answer", 1},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := start(t, row.id)
			s := subject(row.id, "primary", a.Keys(row.id)[0].Value)
			rotatortest.Must(t, a.SetFaults(row.id, row.faults))
			err := r.Regenerate(t.Context(), s, "secondary", rotatortest.Unfenced)
			fault := rotatortest.Fault(t, err)
			if fault == nil || fault.Permanent != row.permanent || !strings.Contains(fault.Reason, row.says) {
				t.Errorf("%+v", fault)
			}
			if n := a.orders(row.id); n != row.orders { // nothing on the way tries it again
				t.Errorf("%d requests to regenerate", n)
			}
		})
	}
}

func regenerationFails(f arm.Fault) arm.Faults {
	f.Operations = []string{arm.Regenerate}
	return arm.Faults{Calls: []arm.Fault{f}}
}

// A dry run finds everything that would keep a rotation from succeeding.
func TestCheckReportsEverything(t *testing.T) {
	const regenerate = "Microsoft.Storage/storageAccounts/regenerateKey/action"
	for name, row := range map[string]struct {
		faults   arm.Faults
		tags     []string
		before   func(*http.Request) error
		says     []string
		warnings string
	}{
		"all is well":                {},
		"no right":                   {faults: arm.Faults{Deny: []string{"*/regenerateKey/action"}}, says: []string{"may not do " + regenerate, "Storage Account Key Operator Service Role"}},
		"keys are off":               {faults: arm.Faults{LocalAuthDisabled: true}, says: []string{"takes no keys", "allowSharedKeyAccess to true"}},
		"no right, and keys are off": {faults: arm.Faults{LocalAuthDisabled: true, Deny: []string{"*/regenerateKey/action"}}, says: []string{"may not do", "takes no keys"}},
		"keys are off, and the app may not read that": {
			faults: arm.Faults{LocalAuthDisabled: true, Deny: []string{"*/read"}}, says: []string{"takes no keys"}, warnings: "may not read Storage contoso",
		},
		"the account can't be reached":                    {before: noData, says: []string{"can't reach contoso.blob.core.windows.net", "set the tag KeyProof to none"}},
		"the account can't be reached, and need not":      {before: noData, tags: []string{rotation.TagKeyProof, "none"}},
		"the account refuses the app, as by its firewall": {faults: dataFails(403, "AuthorizationFailure"), says: []string{"refuses the app (403)"}},
		"the account refuses the key that Azure lists":    {faults: dataFails(403, "AuthenticationFailed"), says: []string{"refuses the current key, which Azure lists as valid"}},
		"Azure does not tell the rights":                  {faults: arm.Faults{Calls: []arm.Fault{{Kind: arm.Error, Status: 403, Code: "AuthorizationFailed", Operations: []string{arm.Permissions}}}}, warnings: "does not tell the app's rights"},
		"Azure does not answer about the rights":          {faults: arm.Faults{Calls: []arm.Fault{{Kind: arm.DropBefore, Operations: []string{arm.Permissions}}}}, says: []string{"did not answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := start(t, account)
			s := subject(account, "key1", a.Keys(account)[0].Value, row.tags...)
			rotatortest.Must(t, a.SetFaults(account, row.faults))
			a.before = row.before
			warnings, err := r.Check(t.Context(), s)
			for _, text := range row.says {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("%v does not contain %q", err, text)
				}
			}
			if len(row.says) == 0 && err != nil {
				t.Error(err)
			}
			if got := strings.Join(warnings, " "); !strings.Contains(got, row.warnings) || row.warnings == "" && got != "" {
				t.Errorf("warnings %q", got)
			}
			if a.orders(account) != 0 {
				t.Error("the check changed something")
			}
		})
	}
}

func dataFails(status int, code string) arm.Faults {
	return arm.Faults{Calls: []arm.Fault{{Kind: arm.Error, Status: status, Code: code, Operations: []string{arm.Data}}}}
}

// noData lets no request reach a data plane.
func noData(r *http.Request) error {
	if strings.HasPrefix(r.URL.Host, "management.") {
		return nil
	}
	return errLost
}

// A service that takes no keys is reported as such, and its keys never count as rejected.
func TestKeysThatAreOffAreNotRejected(t *testing.T) {
	for _, row := range services {
		if !row.tried {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			id := resource(row.resource)
			a, r := start(t, id)
			s := subject(id, row.tag, a.key(t, id, row.first))
			rotatortest.Must(t, a.SetFaults(id, arm.Faults{LocalAuthDisabled: true}))
			verdict, err := r.Probe(t.Context(), s, s.Current)
			if off := row.resource != "Microsoft.Batch/batchAccounts"; off && (verdict == rotation.Rejected || err == nil) {
				t.Errorf("%v, %v", verdict, err)
			}
			_ = rotatortest.Fault(t, err)
		})
	}
}

// An operation that outlasts the attempt is left, with its address, and asked about.
func TestAnOperationThatTakesLongIsLeftAndAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, r := start(t, cosmos)
		s := subject(cosmos, "primary", a.Keys(cosmos)[0].Value)
		before := keys(t, r, s)["secondary"]
		rotatortest.Must(t, a.SetFaults(cosmos, arm.Faults{Polls: 20}))
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		began := time.Now()
		running, is := errors.AsType[*rotation.Underway](r.Regenerate(ctx, s, "secondary", rotatortest.Unfenced))
		if took := time.Since(began); !is || running.Operation == "" || running.Permanent || took > 17*time.Second {
			t.Fatalf("%+v after %s", running, took)
		}
		asked := 0
		for ; asked < 30; asked++ {
			err := r.Await(t.Context(), s, running.Operation)
			if err == nil {
				break
			}
			if again, is := errors.AsType[*rotation.Underway](err); !is || again.Operation != running.Operation {
				t.Fatal(err)
			}
			if !keys(t, r, s)["secondary"].Equal(before) {
				t.Fatal("the key counts while the operation runs")
			}
		}
		if asked == 0 || asked == 30 || keys(t, r, s)["secondary"].Equal(before) || a.orders(cosmos) != 1 {
			t.Errorf("asked %d times; %d orders", asked, a.orders(cosmos))
		}
		err := r.Await(t.Context(), s, "status https://management.azure.com/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.DocumentDB/locations/westeurope/operationsStatus/00000000-0000-0000-0000-000000000000?api-version=2024-11-15")
		if forgotten, is := errors.AsType[*rotation.Underway](err); !is || forgotten.Operation != "" {
			t.Errorf("an operation that Azure has forgotten: %v", err)
		}
	})
}

func TestAnOperationThatFailsLeavesTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, r := start(t, cosmos)
		s := subject(cosmos, "primary", a.Keys(cosmos)[0].Value)
		before := keys(t, r, s)["secondary"]
		rotatortest.Must(t, a.SetFaults(cosmos, arm.Faults{FailOperations: true}))
		rotatortest.Must(t, r.Regenerate(t.Context(), s, "secondary", rotatortest.Unfenced)) // the list tells
		if !keys(t, r, s)["secondary"].Equal(before) {
			t.Error("the key has changed")
		}
	})
}

// rogue is an Azure Resource Manager that always gives one response.
type rogue struct {
	given given
	hosts []string // that were asked
}

type given struct {
	status int
	body   io.Reader
	header []string // names and values in turn
}

func answer(status int, body io.Reader, header ...string) given { return given{status, body, header} }

func (g *rogue) RoundTrip(r *http.Request) (*http.Response, error) {
	g.hosts = append(g.hosts, r.URL.Host)
	found := &http.Response{StatusCode: g.given.status, Header: http.Header{}, Body: io.NopCloser(g.given.body), Request: r}
	for i := 0; i < len(g.given.header); i += 2 {
		found.Header.Set(g.given.header[i], g.given.header[i+1])
	}
	return found, nil
}

func (g *rogue) rotator() *azurekeys.Rotator {
	return azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: g}, Cloud: cloud.AzurePublic})
}

// endless is a body without an end.
type endless struct{ read *int }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '['
	}
	*e.read += len(p)
	return len(p), nil
}

// What answers in place of Azure can't make the app send its token elsewhere, hold much memory, or
// show a value.
func TestARogueAzureIsHarmless(t *testing.T) {
	read := 0
	for name, give := range map[string]given{
		"a redirect":             answer(307, strings.NewReader(""), "Location", "https://evil.example/"),
		"an operation elsewhere": answer(202, strings.NewReader(""), "Azure-AsyncOperation", "https://evil.example/", "Location", "https://management.azure.com.evil.example/"),
		"an operation by HTTP":   answer(202, strings.NewReader(""), "Location", "http://management.azure.com/"),
		"an operation of a user": answer(202, strings.NewReader(""), "Location", "https://x@management.azure.com/"),
		"an endless body":        answer(200, endless{&read}),
		"no JSON":                answer(200, strings.NewReader("canary")),
		"an array":               answer(200, strings.NewReader(`["canary"]`)),
		"numbers for keys":       answer(200, strings.NewReader(`{"keys":[1,{"keyName":"key1","value":7},{"keyName":["canary"]}]}`)),
		"a status of its own":    answer(299, strings.NewReader(`{"canary":1}`)),
		"a failure that quotes":  answer(418, strings.NewReader(`{"error":{"code":"canaryCANARYcanary","message":"canary"}}`)),
	} {
		t.Run(name, func(t *testing.T) {
			g := &rogue{given: give}
			r, s := g.rotator(), subject(account, "key1", "canary-key", rotation.TagKeyProof, "none")
			_, err := r.Keys(t.Context(), s)
			if strings.Contains(name, "quotes") {
				if err == nil || strings.Contains(err.Error(), "message") {
					t.Error(err)
				}
			} else if fault := rotatortest.Fault(t, err); fault == nil {
				t.Error("keys were read")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // too short to poll
			defer cancel()
			_ = r.Regenerate(ctx, s, "key2", rotatortest.Unfenced)
			_, _ = r.Probe(t.Context(), s, s.Current)
			_, _ = r.Check(t.Context(), s)
			for _, host := range g.hosts {
				if host != "management.azure.com" {
					t.Errorf("the token went to %s", host)
				}
			}
		})
	}
	if read > 8<<20 {
		t.Errorf("%d bytes were read", read)
	}
}

func TestAnOperationThatIsNotAzuresIsNotAsked(t *testing.T) {
	g := &rogue{given: answer(200, strings.NewReader(`{"status":"Running"}`))}
	err := g.rotator().Await(t.Context(), subject(account, "key1", "k"), "status https://evil.example/")
	if running, is := errors.AsType[*rotation.Underway](err); !is || running.Operation != "" || len(g.hosts) != 0 {
		t.Errorf("%v, asked %v", err, g.hosts)
	}
}

// Without a token nothing is asked, and the fault says what to do.
func TestNoToken(t *testing.T) {
	g := &rogue{given: answer(200, strings.NewReader(""))}
	r := azurekeys.New(azurekeys.Config{Credential: credential{errors.New("canary-endpoint")}, Transport: &http.Client{Transport: g}, Cloud: cloud.AzurePublic})
	_, err := r.Keys(t.Context(), subject(account, "key1", "k"))
	if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent || !strings.Contains(fault.Reason, "no token") || len(g.hosts) != 0 {
		t.Error(err)
	}
}

// A key that is not one can't sign a request, and is not sent.
func TestAKeyThatCannotSign(t *testing.T) {
	a, r := start(t, account)
	verdict, err := r.Probe(t.Context(), subject(account, "key1", "no base64!"), secret.NewValue("canary no base64"))
	if verdict != rotation.Unknown || rotatortest.Fault(t, err) == nil || a.Counts()[account][arm.Data] != 0 {
		t.Errorf("%v, %v", verdict, err)
	}
}

// Some services name the port of Azure Resource Manager, such as Microsoft.EventGrid. Without the
// operation, the key would be ordered again.
func TestAnOperationWithAPortIsAsked(t *testing.T) {
	const at = "https://management.azure.com:443/subscriptions/1/operations/1"
	for name, header := range map[string]string{"status": "Azure-AsyncOperation", "location": "Location"} {
		g := &rogue{given: answer(202, strings.NewReader(""), header, at)}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // too short to poll
		defer cancel()
		err := g.rotator().Regenerate(ctx, subject(account, "key1", "canary-key", rotation.TagKeyProof, "none"), "key2", rotatortest.Unfenced)
		if running, is := errors.AsType[*rotation.Underway](err); !is || running.Operation != name+" "+at {
			t.Errorf("%s: %v", name, err)
		}
	}
}
