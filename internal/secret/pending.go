package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Each rotated secret has a second secret beside it: Rotunda's own record, which holds the value
// that a rotation is about to publish. No caller can read or write it through the app.
const (
	pendingSuffix = "--pending"
	hashedPrefix  = "rot-"
	hashedDigits  = 32
)

// PendingName returns the name of the record of a secret's rotation. A name that is too long for
// the suffix is hashed.
func PendingName(name string) string {
	if len(name)+len(pendingSuffix) <= MaxNameLength {
		return name + pendingSuffix
	}
	sum := sha256.Sum256([]byte(strings.ToLower(name))) // the vault ignores case
	return hashedPrefix + hex.EncodeToString(sum[:])[:hashedDigits]
}

// IsPending reports whether PendingName returns name for some secret.
func IsPending(name string) bool {
	lower := strings.ToLower(name)
	digits, hashed := strings.CutPrefix(lower, hashedPrefix)
	return strings.HasSuffix(lower, pendingSuffix) || hashed && len(digits) == hashedDigits && allBytes(digits, isHexByte)
}
