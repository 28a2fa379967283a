package wire

import (
	"net/http"

	"rotunda/internal/secret"
)

// MaxBackupBytes is the largest body of a restore request. Key Vault backs up at most 500
// versions (MicrosoftDocs/azure-security-docs articles/key-vault/general/backup.md) of at most 25
// KB each. A backup encrypts them as a JWE and encodes that once more, so each 9 bytes become 16
// (Azure/azure-sdk-assets, recording TestBackupRestore). The rest is for tags.
const MaxBackupBytes = 24 << 20

// IsLargeRestore reports whether the body of a restore request is or may be larger than other
// bodies are.
func IsLargeRestore(r *http.Request) bool {
	return r.ContentLength < 0 || r.ContentLength > MaxBodyBytes
}

// ReadRestore reads the backup blob in the body of a restore request.
func ReadRestore(w http.ResponseWriter, r *http.Request) (secret.Value, error) {
	var body struct {
		Value *string `json:"value"`
	}
	if err := decodeUpTo(w, r, MaxBackupBytes, &body); err != nil {
		return secret.Value{}, err
	}
	if body.Value == nil || *body.Value == "" {
		return secret.Value{}, badBody(`the field "value" is required and must be the blob that a backup returned`)
	}
	return secret.NewValue(*body.Value), nil
}
