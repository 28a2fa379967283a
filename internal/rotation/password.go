package rotation

import (
	"crypto/rand"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Alphabet is the form of the passwords that a kind of provider takes, unless tags change it.
type Alphabet struct {
	Letters string
	Length  int
}

// Alphanumeric needs no escaping anywhere: in URLs, connection strings or shells. 32 of 62
// characters are 190 bits.
var Alphanumeric = Alphabet{Letters: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", Length: 32}

// The tags that change a password's form.
const (
	TagPasswordLength  = "PasswordLength"
	TagPasswordExclude = "PasswordExclude"
)

// The bounds of PasswordLength, and the entropy that every password has, whatever the tags say.
const (
	minPasswordLength = 12
	maxPasswordLength = 128
	minEntropyBits    = 64
)

// NewPassword returns a random password from crypto/rand, in the form of standard as changed by
// the tags PasswordLength and PasswordExclude. Its error is a permanent *Fault.
func NewPassword(tags map[string]string, standard Alphabet) (string, error) {
	length, err := passwordLength(tags, standard.Length)
	if err != nil {
		return "", err
	}
	letters := without(standard.Letters, tags[TagPasswordExclude])
	if float64(length)*math.Log2(float64(max(1, len(letters)))) < minEntropyBits {
		return "", Permanentf("The tags %s and %s leave too few possible passwords: %d characters out of %d are under %d bits. Exclude fewer characters, or set a greater length.",
			TagPasswordLength, TagPasswordExclude, length, len(letters), minEntropyBits)
	}
	return random(letters, length), nil
}

func passwordLength(tags map[string]string, standard int) (int, error) {
	text, given := tags[TagPasswordLength]
	if !given {
		return standard, nil
	}
	length, err := strconv.Atoi(text)
	if err != nil || length < minPasswordLength || length > maxPasswordLength {
		return 0, Permanentf("The tag %s must be a whole number from %d to %d.", TagPasswordLength, minPasswordLength, maxPasswordLength)
	}
	return length, nil
}

// without returns letters without those in excluded.
func without(letters, excluded string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(excluded, r) {
			return -1
		}
		return r
	}, letters)
}

// random draws each character evenly. crypto/rand never fails.
func random(letters string, length int) string {
	password := make([]byte, length)
	for i := range password {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		password[i] = letters[n.Int64()]
	}
	return string(password)
}
