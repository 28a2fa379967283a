package secrets_test

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"rotunda/internal/secret"
	"rotunda/internal/secrets"
	"rotunda/internal/vault"
)

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// vaultEnd answers every read with the same version or with a status, and every other request with
// a status.
type vaultEnd struct{ reads, readStatus, writeStatus int }

func (v *vaultEnd) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `{"id":"https://contoso.vault.azure.net/secrets/a/0123","value":"v","attributes":{}}`
	header := http.Header{"Www-Authenticate": {`Bearer authorization="https://login.microsoftonline.com/5b1a", resource="https://vault.azure.net"`}}
	switch {
	case r.Header.Get("Authorization") == "":
		status = http.StatusUnauthorized
	case r.Method == http.MethodGet:
		v.reads++
		status = cmp.Or(v.readStatus, status)
	default:
		status = v.writeStatus
	}
	if status >= http.StatusBadRequest {
		body = `{"error":{"code":"X","message":"No."}}`
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: header, Request: r}, nil
}

func open(t *testing.T, end *vaultEnd) secrets.Secrets {
	t.Helper()
	v, err := vault.New(vault.Options{URL: "https://contoso.vault.azure.net", Credential: token{}, Transport: &http.Client{Transport: end}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := secrets.New(v, secrets.Limits{TTL: time.Minute, MaxStale: time.Minute, MaxEntries: 10, MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadsComeFromMemoryUnlessFresh(t *testing.T) {
	end := &vaultEnd{}
	s := open(t, end)
	if _, ok := s.Peek("a", ""); ok {
		t.Error("in memory before it was read")
	}
	for _, fresh := range []bool{false, false, true} {
		if got, err := s.Read(t.Context(), "a", "", fresh); err != nil || !strings.Contains(string(got.JSON()), `"v"`) {
			t.Fatal(err)
		}
	}
	if _, ok := s.Peek("A", ""); !ok || end.reads != 2 {
		t.Errorf("%d reads of the vault, want 2; in memory: %v", end.reads, ok)
	}
}

func TestEveryWriteForgetsTheName(t *testing.T) {
	ignore := func(_ secret.Secret, err error) error { return err }
	writes := map[string]func(context.Context, secrets.Secrets) error{
		"set": func(ctx context.Context, s secrets.Secrets) error { return ignore(s.Set(ctx, "a", secret.Draft{})) },
		"reclaim": func(ctx context.Context, s secrets.Secrets) error {
			return ignore(s.SetReclaiming(ctx, "a", secret.Draft{}))
		},
		"update": func(ctx context.Context, s secrets.Secrets) error {
			return ignore(s.Update(ctx, "a", "", secret.Draft{}))
		},
		"delete":  func(ctx context.Context, s secrets.Secrets) error { return ignore(s.Delete(ctx, "a")) },
		"recover": func(ctx context.Context, s secrets.Secrets) error { return ignore(s.Recover(ctx, "a")) },
		"await":   func(ctx context.Context, s secrets.Secrets) error { return s.AwaitRecovered(ctx, "a") },
		"forget":  func(_ context.Context, s secrets.Secrets) error { s.Forget("A"); return nil },
		"restore it": func(ctx context.Context, s secrets.Secrets) error {
			return ignore(s.Restore(ctx, secret.NewValue("YQ")))
		},
	}
	for name, write := range writes {
		for _, status := range []int{http.StatusOK, http.StatusForbidden} {
			if status != http.StatusOK && name == "restore it" {
				continue // the name is in the vault's answer alone
			}
			end := &vaultEnd{writeStatus: status}
			s := open(t, end)
			_, _ = s.Read(t.Context(), "a", "", false)
			err := write(t.Context(), s)
			if _, ok := s.Peek("a", ""); ok {
				t.Errorf("%s, answered %d (%v): still in memory", name, status, err)
			}
		}
	}
}

// The vault answers 404 until it has finished what it accepted. That must not be kept.
func TestANameThatIsBeingRecoveredIsNotKeptAsMissing(t *testing.T) {
	ignore := func(_ secret.Secret, err error) error { return err }
	for name, write := range map[string]func(context.Context, secrets.Secrets) error{
		"recover": func(ctx context.Context, s secrets.Secrets) error { return ignore(s.Recover(ctx, "a")) },
		"reclaim": func(ctx context.Context, s secrets.Secrets) error {
			return ignore(s.SetReclaiming(ctx, "a", secret.Draft{}))
		},
		"restore": func(ctx context.Context, s secrets.Secrets) error {
			return ignore(s.Restore(ctx, secret.NewValue("YQ")))
		},
	} {
		for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable} {
			if status != http.StatusOK && name != "recover" {
				continue // retried for seconds, or the name is in the vault's answer alone
			}
			end := &vaultEnd{writeStatus: status}
			s := open(t, end)
			_ = write(t.Context(), s)
			end.readStatus = http.StatusNotFound
			for range 3 {
				_, _ = s.Read(t.Context(), "a", "", false)
			}
			if end.reads != 3 {
				t.Errorf("%s, answered %d: %d reads of the vault, want 3", name, status, end.reads)
			}
		}
	}
}

func TestABypassedNameIsReadFromTheVault(t *testing.T) {
	end := &vaultEnd{}
	s := open(t, end)
	s.Bypass("A", time.Now().Add(time.Hour))
	for range 3 {
		_, _ = s.Read(t.Context(), "a", "", false)
	}
	if _, ok := s.Peek("a", ""); ok || end.reads != 3 {
		t.Errorf("%d reads of the vault, want 3; in memory: %v", end.reads, ok)
	}
	s.Bypass("a", time.Time{})
	_, _ = s.Read(t.Context(), "a", "", false)
	if _, ok := s.Peek("a", ""); !ok {
		t.Error("the bypass did not end")
	}
}
