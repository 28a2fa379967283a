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

// explain turns an error of the SDK into one of ours. A message in which the vault quotes sent
// is left out.
func (v *Vault) explain(err error, sent secret.Value) error {
	if err == nil {
		return nil
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok {
		return problem
	}
	if noToken, ok := errors.AsType[*identity.NoTokenError](err); ok {
		return secret.Problemf(secret.ErrIdentityUnavailable, "The app got no token for its managed identity. "+identity.Remedy).Because(noToken)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return v.refusal(answer, sent)
	}
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return secret.Problemf(secret.ErrVaultTimeout,
			"The vault did not answer in time. A write may or may not have taken effect: read the secret before you repeat the write.").Because(err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return secret.Problemf(secret.ErrVaultUnreachable,
		"The app can't reach the vault. A write may or may not have taken effect: read the secret before you repeat the write. "+
			"Check KEY_VAULT_NAME or KEY_VAULT_URL, DNS, the vault's firewall, and any proxy.").Because(err)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// refusal turns an error status into an error of ours.
func (v *Vault) refusal(answer *azcore.ResponseError, sent secret.Value) error {
	code, inner, message := readError(answer.RawResponse)
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return secret.Problemf(secret.ErrIdentityUnavailable,
			"The vault does not accept the app's token (%s). Check that the vault is in the tenant of %s.", reasonCode(message), v.identity)
	case code == "":
		return secret.Problemf(secret.ErrVaultUnreachable,
			"Something between the app and the vault answered %d, not Key Vault. Check any proxy and the vault's name.", answer.StatusCode)
	}
	return &secret.Refusal{
		Status: answer.StatusCode, Code: code, InnerCode: inner, Message: withoutValue(message, sent),
		RetryAfter: answer.RawResponse.Header.Get("Retry-After"), Identity: v.identity,
	}
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

// withoutValue replaces a message that quotes what was sent.
func withoutValue(message string, sent secret.Value) string {
	if text := sent.Reveal(); text != "" && strings.Contains(message, text) {
		return "The vault refused the request. Its message is left out because it quotes the value."
	}
	return message
}
