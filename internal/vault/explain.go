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

	"rotunda/internal/secret"
)

// explain names a failure of the SDK. Should the vault quote what was sent, the quote is cut out.
func (v *Vault) explain(err error, sent secret.Value) error {
	if err == nil {
		return nil
	}
	if problem, ok := errors.AsType[*secret.Problem](err); ok {
		return problem
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return v.refusal(answer, sent)
	}
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		return secret.Problemf(secret.ErrVaultTimeout,
			"The vault did not answer in time. A write may or may not have been carried out: read before repeating it.").Because(err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return secret.Problemf(secret.ErrVaultUnreachable,
		"The vault can't be reached from the app. A write may or may not have been carried out: read before repeating it. "+
			"Check KEY_VAULT_NAME or KEY_VAULT_URL, DNS, the vault's firewall and any proxy.").Because(err)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

func (v *Vault) refusal(answer *azcore.ResponseError, sent secret.Value) error {
	code, inner, message := readError(answer.RawResponse)
	switch {
	case answer.StatusCode == http.StatusUnauthorized:
		return secret.Problemf(secret.ErrIdentityUnavailable,
			"The vault does not accept the app's token (%s). Check that the vault is in the tenant of %s.", word(message), v.identity)
	case code == "":
		return secret.Problemf(secret.ErrVaultUnreachable,
			"Something between the app and the vault answered %d, not Key Vault. Check any proxy and the vault's name.", answer.StatusCode)
	}
	return &secret.Refusal{
		Status: answer.StatusCode, Code: code, InnerCode: inner, Message: withoutValue(message, sent),
		RetryAfter: answer.RawResponse.Header.Get("Retry-After"), Identity: v.identity,
	}
}

// readError reads Key Vault's error body; all "" when it is none.
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

// word keeps only Key Vault's number of a 401's reason, such as AKV10032.
func word(message string) string {
	number, _, found := strings.Cut(message, ":")
	if !found || !strings.HasPrefix(number, "AKV") {
		return "401"
	}
	return number
}

func withoutValue(message string, sent secret.Value) string {
	if text := sent.Reveal(); text != "" && strings.Contains(message, text) {
		return "The vault refused the request. Its message is left out because it quotes what was sent."
	}
	return message
}
