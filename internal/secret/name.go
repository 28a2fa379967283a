package secret

import "fmt"

// Limits of Key Vault (MicrosoftDocs/azure-security-docs
// articles/key-vault/secrets/about-secrets.md and general/about-keys-secrets-certificates.md).
const (
	MaxNameLength        = 127
	MaxValueBytes        = 25 * 1024
	MaxTags              = 15
	MaxTagLength         = 512 // of a tag's name, and of its value
	MaxContentTypeLength = 255
	MaxPageSize          = 25
	versionLength        = 32
)

// ParseName returns name if it is a valid name of a secret: 1 to 127 of 0-9, a-z, A-Z and "-".
func ParseName(name string) (string, error) {
	if name == "" || len(name) > MaxNameLength || !allBytes(name, isNameByte) {
		return "", Problemf(ErrBadParameter,
			"The request URI contains an invalid name: %s. A name is 1 to %d of the characters 0-9, a-z, A-Z and '-'.",
			quoted(name), MaxNameLength)
	}
	return name, nil
}

// ParseVersion returns version if it is valid: 32 hex digits, or empty for the latest.
func ParseVersion(version string) (string, error) {
	if version != "" && (len(version) != versionLength || !allBytes(version, isHexByte)) {
		return "", Problemf(ErrBadParameter,
			"The request URI contains an invalid version: %s. A version is %d hexadecimal digits; omit it for the latest.",
			quoted(version), versionLength)
	}
	return version, nil
}

// allBytes reports whether ok accepts every byte of s.
func allBytes(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-'
}

func isHexByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// quoted returns an invalid name in a form that is readable in one line of a message.
func quoted(s string) string {
	const most = 140
	if len(s) > most {
		return fmt.Sprintf("%.*q... (%d bytes)", most, s, len(s))
	}
	if allBytes(s, func(c byte) bool { return c > ' ' && c < 0x7f }) && s != "" {
		return s
	}
	return fmt.Sprintf("%q", s)
}
