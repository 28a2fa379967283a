package vault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"rotunda/internal/secret"
	"rotunda/internal/vault"
)

func says(status int, body string, header http.Header) answerer {
	return func(*http.Request) (int, string, http.Header, error) { return status, body, header, nil }
}

// operations are those that answer with a secret, by name. Only the first two may have a value.
var operations = map[string]func(context.Context, *vault.Vault) (secret.Secret, error){
	"get": func(ctx context.Context, v *vault.Vault) (secret.Secret, error) { return v.Get(ctx, "a", "") },
	"set": func(ctx context.Context, v *vault.Vault) (secret.Secret, error) {
		return v.Set(ctx, "a", secret.Draft{Value: secret.NewValue("sent")})
	},
	"update": func(ctx context.Context, v *vault.Vault) (secret.Secret, error) {
		return v.Update(ctx, "a", "0123", secret.Draft{})
	},
	"delete":      func(ctx context.Context, v *vault.Vault) (secret.Secret, error) { return v.Delete(ctx, "a") },
	"get deleted": func(ctx context.Context, v *vault.Vault) (secret.Secret, error) { return v.GetDeleted(ctx, "a") },
	"recover":     func(ctx context.Context, v *vault.Vault) (secret.Secret, error) { return v.Recover(ctx, "a") },
	"restore": func(ctx context.Context, v *vault.Vault) (secret.Secret, error) {
		return v.Restore(ctx, secret.NewValue("YQ"))
	},
}

// A key for an operation without values must not read one, whatever answers in the vault's place.
func TestValuesAreDroppedWhereKeyVaultHasNone(t *testing.T) {
	v := open(t, goodToken, says(200, `{"id":"https://contoso.vault.azure.net/secrets/a/0123","value":"`+canary+`"}`, nil))
	for name, call := range operations {
		found, err := call(t.Context(), v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := name == "get" || name == "set"; found.Value.IsSet() != want {
			t.Errorf("%s: has a value: %v, want %v", name, found.Value.IsSet(), want)
		}
	}
}

// What can't be decoded was not sent by Key Vault, and "can't be reached" would send people to the
// wrong place.
func TestAnAnswerThatIsNotKeyVaultsIsNamedAsSuch(t *testing.T) {
	for _, body := range []string{
		"", "<html>" + canary, "null", "{}", "[]", `"` + canary + `"`, `{"id":`, `{"id":7}`, `{"value":"` + canary + `"}`, `{"attributes":"` + canary + `"}`,
		"\x1f\x8b" + canary, `{"value":"x","id":"::bad"}`, `{"value":"x","id":"https://contoso.vault.azure.net/secrets"}`, `{"value":"x","id":"` + "\\r\\n" + `"}`,
	} {
		v := open(t, goodToken, says(200, body, nil))
		for name, call := range operations {
			_, err := call(t.Context(), v)
			wantStranger(t, name+" "+body, err)
		}
	}
	v := open(t, goodToken, says(200, `{"id":"https://contoso.vault.azure.net/secrets/a/0123"}`, nil))
	_, err := v.Get(t.Context(), "a", "")
	wantStranger(t, "a get without a value", err)
	for _, body := range []string{"", "<html>" + canary, "{}"} {
		_, err := open(t, goodToken, says(200, body, nil)).Backup(t.Context(), "a")
		wantStranger(t, "backup "+body, err)
	}
	for _, body := range []string{"<html>" + canary, "{}", "null", `{"value":null}`, `{"value":null,"nextLink":null}`, `{"nextLink":null}`, `{"value":[null]}`, `{"value":[{}]}`, `{"value":[{"id":"x"}]}`, `{"value":[{"id":"::bad"}]}`} {
		v := open(t, goodToken, says(200, body, nil))
		_, err = v.List(t.Context(), secret.Query{})
		wantStranger(t, "list "+body, err)
		_, err = v.ListVersions(t.Context(), "a", secret.Query{})
		wantStranger(t, "versions "+body, err)
		_, err = v.ListDeleted(t.Context(), secret.Query{})
		wantStranger(t, "list deleted "+body, err)
	}
	wantStranger(t, "purge", open(t, goodToken, says(200, "<html>"+canary, nil)).Purge(t.Context(), "a"))
}

// A proxy that mixes up answers, or serves them from a cache, must not give one secret for
// another.
func TestAnAnswerAboutAnotherSecretIsRefused(t *testing.T) {
	for _, other := range []string{"b/0123", "ab/0123", "a/0124"} {
		v := open(t, goodToken, says(200, `{"id":"https://contoso.vault.azure.net/secrets/`+other+`","value":"`+canary+`"}`, nil))
		for name, call := range operations {
			if name == "restore" || strings.HasPrefix(other, "a/") && name != "update" {
				continue // nobody knows the name in a backup, and these don't name the version
			}
			_, err := call(t.Context(), v)
			wantStranger(t, name+" of "+other, err)
		}
		_, err := v.Get(t.Context(), "a", "0123")
		wantStranger(t, "get the version of "+other, err)
		_, err = v.GetAs(t.Context(), "a", "0123", "application/x-pem-file")
		wantStranger(t, "convert the version of "+other, err)
	}
	v := open(t, goodToken, says(200, `{"value":[{"id":"https://contoso.vault.azure.net/secrets/b/0123"}]}`, nil))
	_, err := v.ListVersions(t.Context(), "a", secret.Query{})
	wantStranger(t, "versions", err)
}

// The vault ignores the case of names and versions.
func TestAnAnswerInAnotherCaseIsTheSameSecret(t *testing.T) {
	v := open(t, goodToken, says(200, `{"id":"https://contoso.vault.azure.net/secrets/Db/00AB","value":"v"}`, nil))
	if _, err := v.Get(t.Context(), "dB", "00ab"); err != nil {
		t.Error(err)
	}
}

// Only the error of a write says that a write may have taken effect.
func TestOnlyWritesAreSaidToHaveHappened(t *testing.T) {
	writes := map[string]bool{"set": true, "update": true, "delete": true, "recover": true, "restore": true}
	for cause, answer := range map[string]answerer{
		"a dropped connection": func(*http.Request) (int, string, http.Header, error) { return 0, "", nil, io.ErrUnexpectedEOF },
		"a proxy's page":       says(502, "<html>", nil),
		"a proxy gave up":      says(504, "<html>", nil),
		"a strange body":       says(200, "{}", nil),
		"a hanging vault":      hang,
	} {
		synctest.Test(t, func(t *testing.T) {
			v := open(t, goodToken, answer)
			for name, call := range operations {
				_, err := call(t.Context(), v)
				problem, _ := errors.AsType[*secret.Problem](err)
				if problem == nil || strings.Contains(problem.Message, "may or may not have taken effect") != writes[name] {
					t.Errorf("%s, %s: %+v", cause, name, problem)
				}
			}
			_, err := v.List(t.Context(), secret.Query{})
			if problem, _ := errors.AsType[*secret.Problem](err); problem == nil || strings.Contains(problem.Message, "write") {
				t.Errorf("%s, list: %+v", cause, problem)
			}
		})
	}
}

func wantStranger(t *testing.T, name string, err error) {
	t.Helper()
	problem, ok := errors.AsType[*secret.Problem](err)
	if !ok || !errors.Is(err, secret.ErrVaultUnreachable) || !strings.Contains(problem.Message, "not Key Vault") {
		t.Errorf("%s: %v", name, err)
		return
	}
	if strings.Contains(err.Error()+problem.Message, canary) {
		t.Errorf("%s: the answer is quoted: %v", name, err)
	}
}

// A connection that breaks within the body is not an answer.
func TestABrokenBodyIsNotAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := vault.New(vault.Options{
			URL: "https://contoso.vault.azure.net", Credential: tokenFunc(goodToken), Transport: &http.Client{Transport: broken{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Get(t.Context(), "a", "")
		problem, ok := errors.AsType[*secret.Problem](err)
		if !ok || !strings.Contains(problem.Message, "can't reach the vault") {
			t.Errorf("%v", err)
		}
	})
}

// broken answers 200 with a body that ends too early.
type broken struct{}

func (broken) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := says(200, `{"id":`, nil).RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusOK {
		response.Body = io.NopCloser(io.MultiReader(response.Body, breaking{}))
	}
	return response, err
}

type breaking struct{}

func (breaking) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// The status says to wait, whoever sent it.
func TestThrottlingIsRecognisedWhateverTheBody(t *testing.T) {
	for _, body := range []string{"", "<html>" + canary, `{"message":"` + canary + `"}`, `{"error":{}}`} {
		v := open(t, goodToken, says(429, body, http.Header{"Retry-After": {"7"}}))
		for name, call := range operations {
			_, err := call(t.Context(), v)
			refusal, ok := errors.AsType[*secret.Refusal](err)
			if !ok || refusal.Status != 429 || refusal.Code != "Throttled" || refusal.RetryAfter != "7" || !secret.IsVaultAway(err) ||
				strings.Contains(refusal.Message, canary) {
				t.Errorf("%s, body %q: %v %+v", name, body, err, refusal)
			}
		}
	}
}

func TestRetryAfterOfAProxyIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{502, 503, 504} {
			_, err := open(t, goodToken, says(status, "<html>", http.Header{"Retry-After": {"7"}})).Delete(t.Context(), "a")
			if problem, ok := errors.AsType[*secret.Problem](err); !ok || problem.RetryAfter != "7" {
				t.Errorf("%d: %v", status, err)
			}
		}
	})
}

// The vault's own words about names and states pass, however short the value is. A message that
// may hold the value does not.
func TestWhichMessagesPass(t *testing.T) {
	const state = "Secret a is currently in a deleted but recoverable state, and its name cannot be reused."
	for _, row := range []struct {
		inner, message, value string
		passes                bool
	}{
		{secret.CodeDeletedButRecoverable, state, "a", true},
		{secret.CodeDeletedButRecoverable, state, "state", true},
		{secret.CodeDeletedButRecoverable, state, "recoverable", true},
		{"", state, "a", true},
		{"", state, "state", true},
		{"", "The value 'pin' is not allowed.", "pin", false},
		{"", `The value \"4711\" is not allowed.`, "4711", false},
		{"", "I do not like 4711", "4711", false},
		{"", "I do not like 4711.", "4711", false},
		{"", "I do not like " + canary + " at all", canary, false},
		{"Unknown", "I do not like " + canary + " at all", canary, false},
		{"", `I do not like line one\\nline two`, "line one\nline two", false},
		{"", "The name is wrong.", canary, true},
	} {
		v := open(t, goodToken, says(409, kvError("Conflict", row.inner, row.message), nil))
		_, err := v.Set(t.Context(), "a", secret.Draft{Value: secret.NewValue(row.value)})
		refusal, ok := errors.AsType[*secret.Refusal](err)
		if !ok {
			t.Fatal(err)
		}
		if passed := !strings.Contains(refusal.Message, "left out"); passed != row.passes {
			t.Errorf("%q with the value %q: passed %v, want %v", row.message, row.value, passed, row.passes)
		}
	}
}

// deletedName is a vault that says 409 without an inner code while a name is soft-deleted and
// while it is recovered.
type deletedName struct {
	deletedStatus int // of a get of the deleted secret
	conflicts     int // answers after the recovery has begun
	recoveries    int
	sets          int
}

func (d *deletedName) answer(r *http.Request) (int, string, http.Header, error) {
	const found = `{"id":"https://contoso.vault.azure.net/secrets/a/0123","value":"v"}`
	conflict := kvError("Conflict", "", "The name can't be used.")
	switch {
	case strings.HasSuffix(r.URL.Path, "/recover"):
		d.recoveries++
		return 200, found, nil, nil
	case r.Method == http.MethodGet && d.recoveries > 0:
		return 404, kvError("SecretNotFound", "", "No."), nil, nil
	case r.Method == http.MethodGet:
		return d.deletedStatus, map[bool]string{true: found, false: kvError("X", "", "No.")}[d.deletedStatus == 200], nil, nil
	}
	d.sets++
	if d.recoveries == 0 || d.conflicts > 0 {
		d.conflicts--
		return 409, conflict, nil, nil
	}
	return 200, found, nil, nil
}

func TestAConflictWithoutAnInnerCodeIsLookedInto(t *testing.T) {
	for _, row := range []struct {
		deletedStatus int
		reclaimed     bool
	}{
		{200, true}, {403, true}, // a disabled one
		{404, false}, {400, false},
	} {
		t.Run(fmt.Sprint(row.deletedStatus), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := &deletedName{deletedStatus: row.deletedStatus, conflicts: 4}
				_, err := open(t, goodToken, end.answer).SetReclaiming(t.Context(), "a", secret.Draft{})
				status, _ := secret.RefusedWith(err)
				if row.reclaimed && (err != nil || end.recoveries != 1) || !row.reclaimed && (status != 409 || end.sets != 1) {
					t.Errorf("%v after %d sets and %d recoveries", err, end.sets, end.recoveries)
				}
			})
		})
	}
}
