package vault

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"rotunda/internal/identity"
	"rotunda/internal/secret"
)

// explain turns the error of a call into one of ours.
func (v *Vault) explain(err error, c call) error {
	if err == nil {
		return nil
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok { // the gate's: there was no call
		return problem
	}
	return c.warn(v.kind(err, c.sent))
}

// kind turns an error of the SDK into one of ours. A message in which the vault quotes sent is
// left out.
func (v *Vault) kind(err error, sent secret.Value) error {
	if noToken, ok := errors.AsType[*identity.NoTokenError](err); ok {
		return secret.Problemf(secret.ErrIdentityUnavailable, "The app got no token for its managed identity. "+identity.Remedy).Because(noToken)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return v.refusal(answer, sent)
	}
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return timedOut().Because(err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[unanswered](err); !ok {
		return notKeyVault(http.StatusOK) // without the cause, which may quote the response
	}
	return secret.Problemf(secret.ErrVaultUnreachable,
		"The app can't reach the vault. Check KEY_VAULT_NAME or KEY_VAULT_URL, DNS, the vault's firewall, and any proxy.").Because(err)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// refusal turns an error status into an error of ours.
func (v *Vault) refusal(answer *azcore.ResponseError, sent secret.Value) error {
	code, inner, message := readError(answer.RawResponse)
	retryAfter := answer.RawResponse.Header.Get("Retry-After")
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return secret.Problemf(secret.ErrIdentityUnavailable,
			"The vault does not accept the app's token (%s). Check that the vault is in the tenant of %s.", reasonCode(message), v.identity)
	case code == "":
		return unexplained(answer.StatusCode, retryAfter)
	}
	return &secret.Refusal{
		Status: answer.StatusCode, Code: code, InnerCode: inner, Message: withoutValue(message, inner, sent),
		RetryAfter: retryAfter, Identity: v.identity,
	}
}

// unexplained returns the error for a status whose body is not Key Vault's. Statuses that say to
// wait say the same whoever sent them. Others say something about a secret or the app's identity,
// and only Key Vault can know that.
func unexplained(status int, retryAfter string) error {
	switch status {
	case http.StatusTooManyRequests:
		return &secret.Refusal{
			Status: status, Code: "Throttled", RetryAfter: retryAfter,
			Message: "The vault, or something between the app and the vault, limits the rate of calls. Try again after the time in Retry-After.",
		}
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		problem := timedOut()
		problem.RetryAfter = retryAfter
		return problem
	}
	problem := notKeyVault(status)
	problem.RetryAfter = retryAfter
	return problem
}

// notKeyVault returns the error for a response that is not Key Vault's.
func notKeyVault(status int) *secret.Problem {
	return secret.Problemf(secret.ErrVaultUnreachable,
		"Something between the app and the vault answered %d, not Key Vault. Check any proxy and the vault's name.", status)
}

func timedOut() *secret.Problem {
	return secret.Problemf(secret.ErrVaultTimeout, "The vault did not answer in time.")
}

// readError reads Key Vault's error body. All results are "" if the body is something else.
func readError(response *http.Response) (code, inner, message string) {
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	text, err := io.ReadAll(response.Body) // azcore has buffered and rewound it
	if err != nil || json.Unmarshal(text, &body) != nil {
		return "", "", ""
	}
	return body.Error.Code, body.Error.Inner.Code, body.Error.Message
}

// reasonCode returns the code that a 401's message begins with, such as AKV10032.
func reasonCode(message string) string {
	const none = "401"
	code, _, found := strings.Cut(message, ":")
	if !found || !strings.HasPrefix(code, "AKV") {
		return none
	}
	return secret.ErrorCode(code, none)
}

// shortest is the length of the shortest value for which any message that contains it counts as
// quoting it. A shorter one may be part of any sentence.
const shortest = 8

// withoutValue replaces a message that quotes what was sent. The messages of the known states are
// about names and states only, so they pass.
func withoutValue(message, innerCode string, sent secret.Value) string {
	text := sent.Reveal()
	if text == "" || isState(innerCode) || !quotes(message, text) {
		return message
	}
	return "The vault refused the request. Its message is left out because it may quote the value."
}

func isState(innerCode string) bool {
	switch innerCode {
	case secret.CodeDeletedButRecoverable, secret.CodeBeingDeleted, secret.CodeBeingRecovered, secret.CodeSecretDisabled,
		secret.CodeForbiddenByRbac, secret.CodeForbiddenByPolicy, secret.CodeForbiddenByFirewall:
		return true
	}
	return false
}

// quotes reports whether a message may quote a value: as it is or as in JSON, and a short value
// only between quotation marks or as the end of the message.
func quotes(message, value string) bool {
	if len(value) >= shortest {
		escaped, _ := json.Marshal(value) // a string can be encoded
		return strings.Contains(message, value) || strings.Contains(message, strings.Trim(string(escaped), `"`))
	}
	for _, mark := range []string{`'`, `"`, "`"} {
		if strings.Contains(message, mark+value+mark) {
			return true
		}
	}
	return strings.HasSuffix(strings.TrimSuffix(message, "."), " "+value)
}
