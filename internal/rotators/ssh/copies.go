package ssh

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"golang.org/x/crypto/ssh"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// replaceCopies returns a value with another key's public key and fingerprint, where the value has
// those of this one beside the private key.
func (k key) replaceCopies(value secret.Value, next key) (secret.Value, error) {
	text, copies, others := value.Reveal(), k.copies(), next.copies()
	for i, old := range copies {
		for _, escape := range jsonEscapes {
			text = strings.ReplaceAll(text, escape.Replace(old), escape.Replace(others[i]))
		}
	}
	for _, old := range copies {
		if strings.Contains(unescaped(text), old) {
			return secret.Value{}, rotation.Permanentf("The secret's value repeats the public key in a form that Rotunda can't replace. Remove it there, or write it without escapes.")
		}
	}
	return secret.NewValue(text), nil
}

// copies are what others know a key by: the public key in base64, as in a .pub file, and its
// fingerprint.
func (k key) copies() []string {
	return []string{base64.StdEncoding.EncodeToString(k.public), strings.TrimPrefix(ssh.FingerprintSHA256(k.signer.PublicKey()), "SHA256:")}
}

// jsonEscapes are how common encoders write base64 in JSON: .NET escapes the plus sign, and PHP
// the slash.
var jsonEscapes = []*strings.Replacer{
	strings.NewReplacer(), strings.NewReplacer("+", `\u002B`), strings.NewReplacer("+", `\u002b`), strings.NewReplacer("/", `\/`),
}

// unescaped returns JSON as one encoder writes it, and any other text as it is.
func unescaped(text string) string {
	var all any
	if json.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &all) != nil {
		return text
	}
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(all) != nil {
		return text
	}
	return plain.String()
}
