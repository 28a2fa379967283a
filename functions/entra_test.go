package functions_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/graph"
	"rotunda/internal/wiretest"
)

// Rotations of client secrets of applications in Entra, by the real handler.

// payroll is an application whose client secret a secret holds. It has another one, which is not
// the vault's.
type payroll struct {
	entra.Application
	app *wiretest.App
}

const strangers = "canary-strangers"

// registerPayroll registers the application, with the app's identity as its owner, and sets the
// secret that holds its client secret.
func registerPayroll(t *testing.T, app *wiretest.App, more map[string]string) payroll {
	t.Helper()
	made, err := app.Azure.Entra().Register(entra.Application{
		Name: "payroll", Secrets: []string{firstPassword, strangers}, Owners: []string{app.Azure.Identity().ObjectID()},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := payroll{made, app}
	tags := map[string]string{"ProviderAddress": made.RegistrationID, "CredentialId": p.keyOf(firstPassword), "ValidityPeriodDays": "60"}
	for name, value := range more {
		tags[name] = value
	}
	setTagged(t, app, "payroll", firstPassword, tags)
	return p
}

func (p payroll) keyOf(text string) string {
	for _, c := range p.app.Azure.Entra().Credentials(p.ClientID) {
		if c.Text == text {
			return c.KeyID
		}
	}
	return ""
}

// signsIn reports whether Microsoft's own library gets a token with a client secret.
func (p payroll) signsIn(t *testing.T, text string) bool {
	t.Helper()
	transport, err := standin.Transport(p.app.Azure.CAFile(), p.app.Azure.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	credential, err := azidentity.NewClientSecretCredential(p.app.Azure.Entra().Tenant(), p.ClientID, text, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
	if err != nil && !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Fatal(err)
	}
	return err == nil
}

// want checks which client secrets sign in, how many Graph lists, and that the handler wrote none.
func (p payroll) want(t *testing.T, listed int, accepted map[string]bool) {
	t.Helper()
	for text, want := range accepted {
		if got := p.signsIn(t, text); got != want {
			t.Errorf("a client secret signs in: %v, not %v", got, want)
		}
	}
	all := p.app.Azure.Entra().Credentials(p.ClientID)
	if len(all) != listed {
		t.Errorf("the application has %d client secrets, not %d", len(all), listed)
	}
	for _, c := range all {
		if strings.Contains(p.app.Log.String(), c.Text) {
			t.Error("the handler wrote a client secret")
		}
	}
}

// next returns the current value, whose key id the tag CredentialId must have.
func (p payroll) next(t *testing.T) string {
	t.Helper()
	value := valueOf(t, p.app, "payroll")
	if got := p.app.Do(t, http.MethodGet, "/secrets/payroll", ""); !strings.Contains(got.Body, fmt.Sprintf(`"CredentialId":%q`, p.keyOf(value))) {
		t.Errorf("the tag CredentialId is not the key id of the value: %v", got)
	}
	return value
}

func TestAClientSecretRotatesUntilTheOldOneIsRefused(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, nil)
	must(t, app, "/secrets/payroll/rotate?dryRun=true", http.StatusOK, `"ready":true,"rotator":"entra","class":"C"`)
	must(t, app, "/secrets/payroll/rotate?dryRun=true", http.StatusOK, "federated credential")
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusOK, `"state":"retiring"`)
	next := p.next(t)
	p.want(t, 3, map[string]bool{firstPassword: true, strangers: true, next: true})
	must(t, app, "/secrets/payroll/rotation/retire", http.StatusOK, `"state":"closed"`)
	p.want(t, 2, map[string]bool{firstPassword: false, strangers: true, next: true})
}

func TestALeakedClientSecretEndsAtOnce(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, map[string]string{"ProviderAddress": "entra:" + strings.Repeat("0", 8)})
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusConflict, "object id or client id")
	app.Do(t, http.MethodPatch, "/secrets/payroll", fmt.Sprintf(`{"tags":{"ProviderAddress":"entra:%s","CredentialId":%q,"ValidityPeriodDays":"60"}}`, p.ClientID, p.keyOf(firstPassword)))
	must(t, app, "/secrets/payroll/rotate?wait=true&retire=now", http.StatusOK, `"state":"closed"`)
	p.want(t, 2, map[string]bool{firstPassword: false, strangers: true, p.next(t): true})
}

// An answer of Graph's that is lost leaves a client secret that nobody knows. It goes with the old
// one.
func TestALostClientSecretIsRemovedWithTheOldOne(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, nil)
	if err := app.Azure.Graph().SetFaults(graph.Faults{LoseWrites: 1}); err != nil {
		t.Fatal(err)
	}
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusAccepted, "Microsoft Graph did not answer")
	p.want(t, 3, map[string]bool{firstPassword: true})
	must(t, app, "/secrets/payroll/rotation/resume", http.StatusOK, `"state":"retiring"`)
	p.want(t, 4, map[string]bool{firstPassword: true, p.next(t): true})
	must(t, app, "/secrets/payroll/rotation/retire", http.StatusOK, `"state":"closed"`)
	p.want(t, 2, map[string]bool{firstPassword: false, strangers: true, p.next(t): true})
}

// Sign-ins learn of changes after some seconds: no second client secret is issued for that, and
// the old one does not count as removed before they refuse it.
func TestChangesThatSignInsLearnOfLater(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, nil)
	app.Azure.Entra().SetPropagation(entra.Propagation{Refusals: 1})
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusOK, `"state":"retiring"`)
	p.want(t, 3, map[string]bool{p.next(t): true})
	app.Azure.Entra().SetPropagation(entra.Propagation{Delay: 500 * time.Millisecond})
	must(t, app, "/secrets/payroll/rotation/retire", http.StatusOK, `"state":"closed"`)
	p.want(t, 2, map[string]bool{firstPassword: false})
}

func TestADryRunSaysWhatKeepsAClientSecretFromRotating(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, map[string]string{"CredentialId": ""})
	must(t, app, "/secrets/payroll/rotate?dryRun=true", http.StatusOK, "The tag CredentialId is missing")
	nobodys, err := app.Azure.Entra().Register(entra.Application{Name: "nobody's", Secrets: []string{firstPassword}})
	if err != nil {
		t.Fatal(err)
	}
	setTagged(t, app, "other", firstPassword, map[string]string{"ProviderAddress": nobodys.ClientID, "ValidityPeriodDays": "60"})
	must(t, app, "/secrets/other/rotate?dryRun=true", http.StatusOK, "is not an owner of the application")
	must(t, app, "/secrets/other/rotate?dryRun=true", http.StatusOK, "set the tag to it")
	p.want(t, 2, map[string]bool{firstPassword: true})
}

func TestAListOfHostsMustHaveGraph(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Env: []string{"ROTATION_PROVIDER_HOSTS=postgres://db.example.com"}})
	registerPayroll(t, app, nil)
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusConflict, "ROTATION_PROVIDER_HOSTS")
}

// Two secrets may hold client secrets of one application, but not the same one.
func TestSecretsOfOneApplication(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, nil)
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusOK, `"Succeeded"`)
	setTagged(t, app, "worker", strangers, map[string]string{"ProviderAddress": p.ClientID, "CredentialId": p.keyOf(strangers), "ValidityPeriodDays": "60"})
	must(t, app, "/secrets/worker/rotate?wait=true", http.StatusOK, `"Succeeded"`)
	value := p.next(t)
	setTagged(t, app, "copy", value, map[string]string{"ProviderAddress": p.ClientID, "CredentialId": p.keyOf(value), "ValidityPeriodDays": "60"})
	must(t, app, "/secrets/copy/rotate?wait=true", http.StatusConflict, "payroll rotates the same credential")
	p.want(t, 4, map[string]bool{value: true, strangers: true})
}

// A rollback publishes the old client secret with its own key id, and the new one ends.
func TestAClientSecretIsRolledBack(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, nil)
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusOK, `"state":"retiring"`)
	next := p.next(t)
	must(t, app, "/secrets/payroll/rotation/rollback", http.StatusOK, `"Succeeded"`)
	if p.next(t) != firstPassword {
		t.Error("the old client secret is not the latest")
	}
	must(t, app, "/secrets/payroll/rotation/retire", http.StatusOK, `"state":"closed"`)
	p.want(t, 2, map[string]bool{firstPassword: true, strangers: true, next: false})
}

// A rotation that is given up leaves no client secret behind.
func TestAClientSecretThatWasNotPublishedIsTakenBack(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{})
	p := registerPayroll(t, app, nil)
	if err := app.Azure.Graph().SetFaults(graph.Faults{LoseWrites: 1}); err != nil {
		t.Fatal(err)
	}
	must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusAccepted, "did not answer")
	must(t, app, "/secrets/payroll/rotation/cancel", http.StatusOK, `"state":"abandoned"`)
	p.want(t, 2, map[string]bool{firstPassword: true, strangers: true})
}

// Somebody who sets the tag CredentialId back, as a tool that keeps tags does, or who sets the
// secret again, doesn't have the client secret removed that readers have.
func TestTheClientSecretThatReadersHaveStays(t *testing.T) {
	for name, disturb := range map[string]func(t *testing.T, p payroll, next string){
		"the tag is set back": func(t *testing.T, p payroll, _ string) {
			p.app.Do(t, http.MethodPatch, "/secrets/payroll", p.tags(firstPassword))
		},
		"the tag is removed": func(t *testing.T, p payroll, _ string) {
			p.app.Do(t, http.MethodPatch, "/secrets/payroll", fmt.Sprintf(`{"tags":{"ProviderAddress":%q,"ValidityPeriodDays":"60"}}`, p.RegistrationID))
		},
		"the value is set again with the old tag": func(t *testing.T, p payroll, next string) {
			setTagged(t, p.app, "payroll", next, map[string]string{"ProviderAddress": p.RegistrationID, "CredentialId": p.keyOf(firstPassword), "ValidityPeriodDays": "60"})
		},
		"the old value is set again with the new tag": func(t *testing.T, p payroll, next string) {
			setTagged(t, p.app, "payroll", firstPassword, map[string]string{"ProviderAddress": p.RegistrationID, "CredentialId": p.keyOf(next), "ValidityPeriodDays": "60"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := wiretest.Start(t, wiretest.Options{})
			p := registerPayroll(t, app, nil)
			must(t, app, "/secrets/payroll/rotate?wait=true", http.StatusOK, `"state":"retiring"`)
			disturb(t, p, p.next(t))
			held := valueOf(t, app, "payroll")
			for range 3 { // each has a grace period of its own
				t.Log(app.Do(t, http.MethodPost, "/secrets/payroll/rotation/retire", ""))
			}
			if !p.signsIn(t, held) || !p.signsIn(t, strangers) {
				t.Error("a client secret that is in use was removed")
			}
		})
	}
}

// tags returns the secret's tags, as a request body, with the key id of a client secret.
func (p payroll) tags(text string) string {
	return fmt.Sprintf(`{"tags":{"ProviderAddress":%q,"CredentialId":%q,"ValidityPeriodDays":"60"}}`, p.RegistrationID, p.keyOf(text))
}
