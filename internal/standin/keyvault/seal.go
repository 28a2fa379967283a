package keyvault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// backupPrefix is the start of a decoded backup: a byte with the length of the name, and the
// name. A JWE follows. In base64 that is KUF6dXJl… (Azure/azure-sdk-assets, recording
// TestBackupRestore).
const backupPrefix = "\x29AzureKeyVaultSecretBackupV1.microsoft.com"

// jweHeader means: encrypted directly with a shared key.
var jweHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"dir","enc":"A256GCM","kid":"rotunda-stand-in"}`))

const sealedParts = 5 // of a JWE: header, encrypted key (none), nonce, ciphertext, tag

// seal encrypts a copy, so that the blob hides the values and a changed blob is detected.
func seal(key []byte, all copied) (string, error) {
	plain, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("backing up: %w", err)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(nil, nil, plain, []byte(jweHeader)) // the nonce is random and comes first
	nonce, rest := sealed[:12], sealed[12:]
	text, tag := rest[:len(rest)-16], rest[len(rest)-16:]
	encode := base64.RawURLEncoding.EncodeToString
	jwe := strings.Join([]string{jweHeader, "", encode(nonce), encode(text), encode(tag)}, ".")
	return encode([]byte(backupPrefix + jwe)), nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("backup key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// unseal decrypts what seal encrypted with the same key. Anything else is a malformed backup.
func unseal(key []byte, blob string) (copied, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(blob, "="))
	corrupt := malformedBackup("Backup blob is corrupt.")
	if err != nil || len(raw) < len(backupPrefix) {
		return copied{}, corrupt
	}
	jwe, ok := bytes.CutPrefix(raw, []byte(backupPrefix))
	if !ok {
		return copied{}, malformedBackup("Backup blob contains invalid or corrupt version.")
	}
	plain, ok := openJWE(key, string(jwe))
	var all copied
	if !ok || json.Unmarshal(plain, &all) != nil || len(all.Versions) == 0 {
		return copied{}, corrupt
	}
	return all, nil
}

func openJWE(key []byte, jwe string) (plain []byte, ok bool) {
	parts := strings.Split(jwe, ".")
	if len(parts) != sealedParts || parts[0] != jweHeader || parts[1] != "" {
		return nil, false
	}
	var sealed []byte
	for _, part := range parts[2:] {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return nil, false
		}
		sealed = append(sealed, decoded...)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, false
	}
	plain, err = aead.Open(nil, nil, sealed, []byte(parts[0]))
	return plain, err == nil
}
