package vault

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/secret"
)

// GetAs is Get, with the certificate in the secret converted to a media type by the vault. The
// vault refuses what it can't convert.
func (v *Vault) GetAs(ctx context.Context, name, version, contentType string) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out := azsecrets.ContentType(contentType)
	answer, err := v.client.GetSecret(ctx, name, version, &azsecrets.GetSecretOptions{OutContentType: &out})
	return v.readable(call{name: name, version: version}, answer.Secret, err)
}
