package vault_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/secret"
	"rotunda/internal/vault"
)

const canary = "canary-90aa"

type tokenFunc func() (azcore.AccessToken, error)

func (f tokenFunc) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return f()
}

func goodToken() (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// answerer plays the vault's end of the wire, so that hours fit into a bubble of synctest. It
// challenges a request without a token, as the vault does.
type answerer func(r *http.Request) (status int, body string, header http.Header, err error)

func (answer answerer) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body, header, err := http.StatusUnauthorized, "", http.Header{
		"Www-Authenticate": {`Bearer authorization="https://login.microsoftonline.com/5b1a", resource="https://vault.azure.net"`},
	}, error(nil)
	if r.Header.Get("Authorization") != "" {
		if status, body, header, err = answer(r); err != nil {
			return nil, err
		}
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: header, Request: r}, nil
}

func open(t *testing.T, token tokenFunc, answer answerer) *vault.Vault {
	t.Helper()
	v, err := vault.New(vault.Options{
		URL: "https://contoso.vault.azure.net", Credential: token, Identity: "the test's identity",
		Transport: &http.Client{Transport: answer},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func kvError(code, inner, message string) string {
	body := `{"error":{"code":"` + code + `","message":"` + message + `"`
	if inner != "" {
		body += `,"innererror":{"code":"` + inner + `"}`
	}
	return body + `}}`
}

func TestFailuresHaveTheirKind(t *testing.T) {
	noToken := func() (azcore.AccessToken, error) { return azcore.AccessToken{}, errors.New(canary) }
	answers := func(status int, body string, err error) answerer {
		return func(*http.Request) (int, string, http.Header, error) { return status, body, nil, err }
	}
	for name, row := range map[string]struct {
		token  tokenFunc
		answer answerer
		kind   error
	}{
		"no token":                 {noToken, answers(200, "{}", nil), secret.ErrIdentityUnavailable},
		"a dropped connection":     {goodToken, answers(0, "", io.ErrUnexpectedEOF), secret.ErrVaultUnreachable},
		"a page of some proxy":     {goodToken, answers(503, "<html>"+canary, nil), secret.ErrVaultUnreachable},
		"a token that is no good":  {goodToken, answers(401, kvError("Unauthorized", "", "AKV10032: Invalid issuer."), nil), secret.ErrIdentityUnavailable},
		"a vault that never comes": {goodToken, hang, secret.ErrVaultTimeout},
		"a proxy that gave up":     {goodToken, answers(504, "<html>"+canary, nil), secret.ErrVaultTimeout},
		"a 404 of some proxy":      {goodToken, answers(404, "<html>"+canary, nil), secret.ErrVaultUnreachable},
		"a 403 of some proxy":      {goodToken, answers(403, "", nil), secret.ErrVaultUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := open(t, row.token, row.answer).Get(t.Context(), "a", "")
				if !errors.Is(err, row.kind) {
					t.Errorf("%v, want %v", err, row.kind)
				}
				problem, _ := errors.AsType[*secret.Problem](err)
				if problem == nil || strings.Contains(err.Error()+problem.Message, canary) {
					t.Errorf("%v: no message for the caller, or it quotes", err)
				}
			})
		})
	}
}

func hang(r *http.Request) (int, string, http.Header, error) {
	<-r.Context().Done()
	return 0, "", nil, r.Context().Err()
}

func TestRefusalKeepsTheVaultsWords(t *testing.T) {
	v := open(t, goodToken, func(*http.Request) (int, string, http.Header, error) {
		return 429, kvError("Throttled", "VaultRequestTypeLimitReached", "Slow down."), http.Header{"Retry-After": {"3"}}, nil
	})
	_, err := v.Get(t.Context(), "a", "")
	got, ok := errors.AsType[*secret.Refusal](err)
	if !ok {
		t.Fatal(err)
	}
	want := secret.Refusal{
		Status: 429, Code: "Throttled", InnerCode: "VaultRequestTypeLimitReached", Message: "Slow down.",
		RetryAfter: "3", Identity: "the test's identity",
	}
	if *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}

func TestAVaultThatQuotesTheValueIsNotQuoted(t *testing.T) {
	v := open(t, goodToken, func(*http.Request) (int, string, http.Header, error) {
		return 400, kvError("BadParameter", "", "I do not like "+canary), nil, nil
	})
	_, err := v.Set(t.Context(), "a", secret.Draft{Value: secret.NewValue(canary)})
	refusal, ok := errors.AsType[*secret.Refusal](err)
	if !ok || strings.Contains(refusal.Message+err.Error(), canary) {
		t.Errorf("%v", err)
	}
}

// A repeat of these after a lost answer would get another answer than the first try did.
func TestDeletionsAreTriedOnce(t *testing.T) {
	calls := 0
	v := open(t, goodToken, func(*http.Request) (int, string, http.Header, error) {
		calls++
		return 0, "", nil, io.ErrUnexpectedEOF
	})
	for name, call := range map[string]func(context.Context, string) error{
		"delete":  func(ctx context.Context, n string) error { _, err := v.Delete(ctx, n); return err },
		"recover": func(ctx context.Context, n string) error { _, err := v.Recover(ctx, n); return err },
		"purge":   v.Purge,
		"restore": func(ctx context.Context, _ string) error {
			_, err := v.Restore(ctx, secret.NewValue("YQ"))
			return err
		},
	} {
		before := calls
		if err := call(t.Context(), "a"); !errors.Is(err, secret.ErrVaultUnreachable) {
			t.Errorf("%s: %v", name, err)
		}
		if calls-before != 1 {
			t.Errorf("%s: %d tries, want 1", name, calls-before)
		}
	}
}

func TestWaitsAreBounded(t *testing.T) {
	notYet := func(*http.Request) (int, string, http.Header, error) {
		return 404, kvError("SecretNotFound", "", "Not yet."), nil, nil
	}
	busy := func(*http.Request) (int, string, http.Header, error) {
		return 409, kvError("Conflict", secret.CodeBeingRecovered, "Not yet."), nil, nil
	}
	for name, row := range map[string]struct {
		answer answerer
		call   func(context.Context, *vault.Vault) error
	}{
		"delete":  {notYet, func(ctx context.Context, v *vault.Vault) error { return v.AwaitDeleted(ctx, "a") }},
		"recover": {notYet, func(ctx context.Context, v *vault.Vault) error { return v.AwaitRecovered(ctx, "a") }},
		"set": {busy, func(ctx context.Context, v *vault.Vault) error {
			_, err := v.SetReclaiming(ctx, "a", secret.Draft{})
			return err
		}},
		"a vault that hangs": {hang, func(ctx context.Context, v *vault.Vault) error { return v.AwaitDeleted(ctx, "a") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				err := row.call(t.Context(), open(t, goodToken, row.answer))
				if took := time.Since(started); took != 2*time.Minute {
					t.Errorf("gave up after %s, want 2m0s", took)
				}
				if !errors.Is(err, secret.ErrNotFinished) {
					t.Errorf("%v, want ErrNotFinished", err)
				}
			})
		})
	}
}

func TestWaitEndsOn200And403(t *testing.T) {
	for _, status := range []int{200, 403} {
		polls := 0
		v := open(t, goodToken, func(*http.Request) (int, string, http.Header, error) {
			polls++
			if polls < 3 {
				return 404, kvError("SecretNotFound", "", "Not yet."), nil, nil
			}
			if status == 403 {
				return 403, kvError("Forbidden", secret.CodeSecretDisabled, "Disabled."), nil, nil
			}
			return 200, `{"id":"https://contoso.vault.azure.net/secrets/a/0123"}`, nil, nil
		})
		synctest.Test(t, func(t *testing.T) {
			if err := v.AwaitDeleted(t.Context(), "a"); err != nil || polls != 3 {
				t.Errorf("%d: %v after %d polls", status, err, polls)
			}
		})
	}
}

func TestWaitEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := open(t, goodToken, hang).AwaitDeleted(ctx, "a")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

func TestForgedTokensStayInThisVaultsList(t *testing.T) {
	var asked []string
	v := open(t, goodToken, func(r *http.Request) (int, string, http.Header, error) {
		asked = append(asked, r.URL.String())
		next := `"https://contoso.vault.azure.net:443/secrets?api-version=2026-04-01&$skiptoken=two&maxresults=5"`
		return 200, `{"value":[],"nextLink":` + next + `}`, nil, nil
	})
	first, err := v.List(t.Context(), secret.Query{MaxResults: 5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.List(t.Context(), secret.Query{Next: first.Next, MaxResults: 5}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"https://contoso.vault.azure.net/secrets?api-version=2026-04-01&maxresults=5",
		"https://contoso.vault.azure.net/secrets?%24skiptoken=two&api-version=2026-04-01&maxresults=5",
	}
	if strings.Join(asked, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked %q, want %q", asked, want)
	}
	for _, forged := range []string{"x", "aHR0cHM6Ly9ldmlsLmV4YW1wbGU", "!!", "YXBpLXZlcnNpb249NyY"} {
		if _, err := v.List(t.Context(), secret.Query{Next: forged}); !errors.Is(err, secret.ErrBadParameter) {
			t.Errorf("%s: %v", forged, err)
		}
	}
}
