// Package rotate is rotatesecret under the path of Azure's rotation samples, so that callers of a
// sample can call this app unchanged (Azure-Samples/KeyVault-Rotation-SQLPassword-Csharp,
// AKVSQLRotationHttp.cs).
package rotate

import (
	"net/http"
	"strings"

	"rotunda/functions/rotatesecret"
	"rotunda/internal/apierror"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Handler serves POST rotate?KeyVaultName=&SecretName=. vault is the name of the vault that the
// app serves.
func Handler(rotations rotatesecret.Starter, links wire.Links, vault string) http.Handler {
	return apierror.Handler(func(w http.ResponseWriter, r *http.Request) error {
		query := r.URL.Query()
		if !strings.EqualFold(query.Get("KeyVaultName"), vault) {
			return secret.Problemf(secret.ErrBadParameter, "The query parameter KeyVaultName must be %s, the vault that this app serves.", vault)
		}
		name, err := wire.ParseName(query.Get("SecretName"))
		if err != nil {
			return err
		}
		return rotatesecret.Respond(w, r, rotations, links, name)
	})
}
