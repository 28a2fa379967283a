package secret

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Beside each secret that is rotated stands one of Rotunda's own, which holds what a rotation is about to publish. No
// caller sees or writes it through the app.
const (
	pendingSuffix = "--pending"
	hashedPrefix  = "rot-"
	hashedDigits  = 32
)

// PendingName is the name of the record of a secret's rotation. Names too long for the suffix are hashed.
func PendingName(name string) string {
	if len(name)+len(pendingSuffix) <= MaxNameLength {
		return name + pendingSuffix
	}
	sum := sha256.Sum256([]byte(strings.ToLower(name))) // the vault ignores case
	return hashedPrefix + hex.EncodeToString(sum[:])[:hashedDigits]
}

// IsPending tells whether a name is one that PendingName gives.
func IsPending(name string) bool {
	lower := strings.ToLower(name)
	digits, hashed := strings.CutPrefix(lower, hashedPrefix)
	return strings.HasSuffix(lower, pendingSuffix) || hashed && len(digits) == hashedDigits && each(digits, isHexByte)
}
