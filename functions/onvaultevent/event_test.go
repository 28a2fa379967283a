package onvaultevent

import (
	"testing"

	"rotunda/internal/secret"
)

// Whatever arrives, parseEvent does not panic, and an event that it accepts names a secret.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", `{"data":null}`, `{"data":{"ObjectName":7}}`, `{"data":{"ObjectName":"a_b"}}`,
		`{"eventType":"Microsoft.KeyVault.SecretNearExpiry","data":{"VaultName":"contoso","ObjectName":"a","Version":"ee05"}}`,
		`{"specversion":"1.0","type":"Microsoft.KeyVault.SecretExpired","data":{"vaultName":"Contoso","ObjectName ":" a"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		found, err := parseEvent([]byte(body))
		if _, nameErr := secret.ParseName(found.name); err == nil && nameErr != nil {
			t.Errorf("%q was accepted with the name %q", body, found.name)
		}
	})
}
