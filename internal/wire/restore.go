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

// backup is the body of a restore request, and of the response to a backup.
type backup struct {
	Value *string `json:"value"`
}

// ReadRestore reads the body of a restore request, which ParseRestore parses.
func ReadRestore(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return readBody(w, r, MaxBackupBytes)
}

// IsLargeRestore reports whether the body of a restore request is larger than other bodies are.
func IsLargeRestore(body []byte) bool { return len(body) > MaxBodyBytes }

// ParseRestore returns the backup blob in the body of a restore request.
func ParseRestore(body []byte) (secret.Value, error) {
	var parsed backup
	if err := parse(body, &parsed); err != nil {
		return secret.Value{}, err
	}
	if parsed.Value == nil || *parsed.Value == "" {
		return secret.Value{}, badBody(`the field "value" is required and must be the blob that a backup returned`)
	}
	return secret.NewValue(*parsed.Value), nil
}
