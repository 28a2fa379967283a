package apierror_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

func TestEveryKindHasItsStatusAndCode(t *testing.T) {
	for _, row := range []struct {
		err    error
		status int
		code   string
	}{
		{secret.Problemf(secret.ErrBadParameter, "m"), 400, "BadParameter"},
		{secret.Problemf(secret.ErrBodyTooLarge, "m"), 413, "RequestBodyTooLarge"},
		{secret.Problemf(secret.ErrEncoding, "m"), 415, "UnsupportedMediaType"},
		{secret.Problemf(secret.ErrConditionNotMet, "m"), 412, "ConditionNotMet"},
		{secret.Problemf(secret.ErrUnknownRoute, "m"), 404, "NotFound"},
		{secret.Problemf(secret.ErrMethodNotAllowed, "m"), 405, "MethodNotAllowed"},
		{secret.Problemf(secret.ErrIdentityUnavailable, "m"), 502, "IdentityUnavailable"},
		{secret.Problemf(secret.ErrVaultUnreachable, "m"), 502, "VaultUnreachable"},
		{secret.Problemf(secret.ErrVaultTimeout, "m"), 504, "VaultTimeout"},
		{secret.Problemf(secret.ErrNotFinished, "m"), 504, "OperationNotFinished"},
		{secret.Problemf(secret.ErrBusy, "m"), 503, "ServerBusy"},
		{secret.Problemf(secret.ErrRotationDelayed, "m"), 503, "RotationDelayed"},
		{secret.Problemf(secret.ErrUnusable, "m"), 422, "ValueNotUsable"},
		{&secret.Refusal{Status: 409, Code: "Conflict", InnerCode: "ObjectIsBeingDeleted"}, 409, "Conflict"},
		{&secret.Refusal{Status: 502, Code: "X"}, 502, "X"},
		{&secret.Refusal{Status: 503, Code: "X"}, 503, "X"},
		{&secret.Refusal{Status: 504, Code: "X"}, 504, "X"},
		{context.Canceled, 499, "ClientClosedRequest"},
		{errors.New("something with a secret in it"), 500, "InternalError"},
	} {
		answer := apierror.For(row.err)
		if answer.Status != row.status || answer.Code != row.code {
			t.Errorf("For(%v) = %d %s, want %d %s", row.err, answer.Status, answer.Code, row.status, row.code)
		}
		if away := answer.Status >= 502 && answer.Status <= 504; away != (answer.RetryAfter != "") {
			t.Errorf("For(%v) = %d with Retry-After %q: a caller should know when to try again", row.err, answer.Status, answer.RetryAfter)
		}
		if strings.Contains(answer.Message, "something with a secret") {
			t.Errorf("an unknown error is quoted: %q", answer.Message)
		}
	}
}

func TestRefusals(t *testing.T) {
	throttled := &secret.Refusal{Status: 429, Code: "Throttled"}
	if got := apierror.For(throttled).RetryAfter; got != "10" {
		t.Errorf("429 without Retry-After gets %q", got)
	}
	throttled.RetryAfter = "7"
	if got := apierror.For(throttled).RetryAfter; got != "7" {
		t.Errorf("the vault's Retry-After became %q", got)
	}
	for _, inner := range []string{"ForbiddenByRbac", "ForbiddenByPolicy", "ForbiddenByFirewall"} {
		got := apierror.For(&secret.Refusal{Status: 403, Code: "Forbidden", InnerCode: inner, Message: "No.", Identity: "the app's identity"})
		if !strings.HasPrefix(got.Message, "No. Remedy: ") || !strings.Contains(got.Message, "the app's identity") ||
			!strings.Contains(got.Message, "Key Vault Secrets Officer") {
			t.Errorf("%s: message %q lacks the remedy", inner, got.Message)
		}
	}
	if got := apierror.For(&secret.Refusal{Status: 403, InnerCode: "SecretDisabled", Message: "No."}); got.Message != "No." {
		t.Errorf("SecretDisabled got a remedy: %q", got.Message)
	}
}

type noter struct {
	*httptest.ResponseRecorder
	err error
}

func (n *noter) NoteError(err error) { n.err = err }

func TestWriteHasKeyVaultsShape(t *testing.T) {
	handler := apierror.Handler(func(http.ResponseWriter, *http.Request) error {
		return &secret.Refusal{Status: 403, Code: "Forbidden", InnerCode: "SecretDisabled", Message: "No."}
	})
	w := &noter{ResponseRecorder: httptest.NewRecorder()}
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	const want = `{"error":{"code":"Forbidden","message":"No.","innererror":{"code":"SecretDisabled"}}}`
	if w.Code != 403 || w.Body.String() != want || w.Header().Get("x-ms-error-code") != "Forbidden" {
		t.Errorf("answer %d %s %v", w.Code, w.Body, w.Header())
	}
	if w.err == nil {
		t.Error("the error was not noted for the log line")
	}
	plain, err := json.Marshal(apierror.Answer{Code: "c", Message: "m"})
	if err != nil || strings.Contains(string(plain), "innererror") {
		t.Errorf("innererror must be absent: %s %v", plain, err)
	}
}

// challenge is an error that tells a client how to sign in.
type challenge struct{}

func (challenge) Error() string     { return "not signed in" }
func (challenge) Challenge() string { return "Bearer" }

// A token that could not be checked may be good: after a challenge a client would drop it.
func TestOnly401HasAChallenge(t *testing.T) {
	for kind, want := range map[error]string{secret.ErrUnauthorized: "Bearer", secret.ErrSignInUnavailable: ""} {
		w := httptest.NewRecorder()
		apierror.Write(w, secret.Problemf(kind, "m").Because(challenge{}))
		if got := w.Header().Get("WWW-Authenticate"); got != want {
			t.Errorf("%d: WWW-Authenticate is %q, want %q", w.Code, got, want)
		}
	}
}
