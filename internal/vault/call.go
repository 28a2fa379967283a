package vault

import (
	"errors"
	"net/http"
	"strings"

	"rotunda/internal/secret"
)

// call is what a call to the vault is about.
type call struct {
	name, version string       // that the answer must have; "" for any
	writes        bool         // it may change something
	sent          secret.Value // that no message may quote
}

// understood returns the secret in the answer to a call, or an error if there was none, or if the
// answer is not about the secret that was requested: each of Key Vault's has its id.
func (v *Vault) understood(c call, found secret.Secret, err error) (secret.Secret, error) {
	switch {
	case err != nil:
		err = v.explain(err, c)
	case found.ID == "":
		err = c.warn(notKeyVault(http.StatusOK))
	case !c.isAbout(found):
		err = c.warn(otherSecret())
	default:
		return found, nil
	}
	return secret.Secret{}, err
}

// isAbout reports whether a secret is the one that the call is about. The vault ignores case.
func (c call) isAbout(found secret.Secret) bool {
	return (c.name == "" || strings.EqualFold(c.name, found.Name)) && (c.version == "" || strings.EqualFold(c.version, found.Version))
}

// otherSecret returns the error for a response about another secret. It names neither: whatever
// responded is not to be trusted.
func otherSecret() *secret.Problem {
	return secret.Problemf(secret.ErrVaultUnreachable,
		"Something between the app and the vault answered, not Key Vault: the answer is about another secret than the request. Check any proxy and any cache between them.")
}

// warn adds to the error of a call that may have changed something what the caller must do first.
func (c call) warn(err error) error {
	problem, ok := errors.AsType[*secret.Problem](err)
	if ok && c.writes && (errors.Is(err, secret.ErrVaultUnreachable) || errors.Is(err, secret.ErrVaultTimeout)) {
		problem.Message += " The write may or may not have taken effect: read the secret before you repeat it."
	}
	return err
}
