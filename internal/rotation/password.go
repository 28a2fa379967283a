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
	TagPasswordSymbols = "PasswordSymbols"
)

// The bounds of PasswordLength, and the entropy that every password has, whatever the tags say.
// Providers may store a fast hash of it, which can be tried offline.
const (
	minPasswordLength = 15 // of letters, digits and all symbols: 98 bits
	maxPasswordLength = 128
	minEntropyBits    = 96
)

const (
	capitals     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	smallLetters = "abcdefghijklmnopqrstuvwxyz"
	digits       = "0123456789"
	symbols      = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// NewPassword returns a random password from crypto/rand, in the form of standard as changed by
// the tags PasswordLength, PasswordExclude and PasswordSymbols. It begins with a letter or digit,
// and has at least one of each kind of character that it may have, as servers demand. Its error is
// a permanent *Fault.
func NewPassword(tags map[string]string, standard Alphabet) (string, error) {
	length, err := passwordLength(tags, standard.Length)
	if err != nil {
		return "", err
	}
	added, err := passwordSymbols(tags)
	if err != nil {
		return "", err
	}
	letters := without(standard.Letters+added, tags[TagPasswordExclude])
	kinds := kindsOf(letters)
	if entropy(letters, kinds, length) < minEntropyBits {
		return "", Permanentf("The tags %s, %s and %s leave too few possible passwords: %d characters out of %d are under %d bits. Exclude fewer characters, or set a greater length.",
			TagPasswordLength, TagPasswordExclude, TagPasswordSymbols, length, len(letters), minEntropyBits)
	}
	for {
		if password := random(letters, length); hasEach(password, kinds) && !strings.Contains(symbols, password[:1]) {
			return password, nil
		}
	}
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

// passwordSymbols returns the symbols that passwords have besides letters and digits, each once.
func passwordSymbols(tags map[string]string) (string, error) {
	text, given := tags[TagPasswordSymbols]
	if !given {
		return "", nil
	}
	if text == "" || strings.Trim(text, symbols) != "" {
		return "", Permanentf("The tag %s must be the symbols that a password may have, out of %s, such as !#-_.", TagPasswordSymbols, symbols)
	}
	return onlyOf(symbols, text), nil
}

// kindsOf returns the kinds of characters in letters, each with those that occur.
func kindsOf(letters string) (kinds []string) {
	for _, kind := range []string{capitals, smallLetters, digits, symbols} {
		if occurring := onlyOf(kind, letters); occurring != "" {
			kinds = append(kinds, occurring)
		}
	}
	return kinds
}

func hasEach(password string, kinds []string) bool {
	for _, kind := range kinds {
		if !strings.ContainsAny(password, kind) {
			return false
		}
	}
	return true
}

// entropy returns at least how many bits a password has. Those that have no character of a kind
// are not drawn, nor are those that begin with a symbol.
func entropy(letters string, kinds []string, length int) float64 {
	all := float64(max(1, len(letters)))
	drawn, begin := 1.0, float64(len(without(letters, symbols)))/all
	for _, kind := range kinds {
		drawn -= math.Pow(1-float64(len(kind))/all, float64(length-1))
	}
	return float64(length)*math.Log2(all) + math.Log2(max(0, drawn)*begin)
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

// onlyOf returns those of letters that are in wanted.
func onlyOf(letters, wanted string) string { return without(letters, without(letters, wanted)) }

// random draws each character evenly. crypto/rand never fails.
func random(letters string, length int) string {
	password := make([]byte, length)
	for i := range password {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		password[i] = letters[n.Int64()]
	}
	return string(password)
}
