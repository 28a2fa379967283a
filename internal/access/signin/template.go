package signin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Template makes a principal's name from claims, such as github:{repository}:{ref}. Different
// claims never make the same name: the text between two claims begins with a character that no
// claim of the template may have.
type Template struct {
	kind   string // the word before the first colon
	texts  []string
	claims []string // claims[i] stands between texts[i] and texts[i+1]
	apart  string   // characters that separate claims
}

// maxPrincipal bounds a principal's name in bytes.
const maxPrincipal = 512

// taken are the words that begin the names of other callers in rules, in the log and the audit.
var taken = []string{"oid", "role", "group", "key", "app", "appid", "azp", "scp", "scope", "tid", "tenant", "user", "anonymous"}

// ParseTemplate reads a template. It must begin with a word and a colon, which tell its callers
// from those of other issuers.
func ParseTemplate(text string) (Template, error) {
	t, err := split(text)
	if err != nil {
		return Template{}, fmt.Errorf("principal is %q: %w", text, err)
	}
	kind, _, found := strings.Cut(t.texts[0], ":")
	switch {
	case !found || !isWord(kind):
		err = errors.New("it must begin with a word in lower case and a colon (github:)")
	case slices.Contains(taken, kind):
		err = fmt.Errorf("the word %q is used for other callers; choose another", kind)
	case len(t.claims) == 0:
		err = errors.New("it must have at least one claim in braces, such as {repository}")
	default:
		t.kind = kind
		err = t.separate()
	}
	if err != nil {
		return Template{}, fmt.Errorf("principal is %q: %w", text, err)
	}
	return t, nil
}

// split takes a template apart into texts and claims.
func split(text string) (t Template, err error) {
	rest := text
	for {
		before, after, found := strings.Cut(rest, "{")
		if strings.IndexFunc(before, notInName) >= 0 {
			return t, errors.New("outside of braces it may have letters, digits and ._/@:- only")
		}
		t.texts = append(t.texts, before)
		if !found {
			return t, nil
		}
		name, following, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.IndexFunc(name, notInClaim) >= 0 {
			return t, errors.New("braces must hold the name of a claim, such as {repository}")
		}
		t.claims, rest = append(t.claims, name), following
	}
}

// separate finds the characters that keep the claims apart. Text after the last claim separates
// too.
func (t *Template) separate() error {
	for i, text := range t.texts[1:] {
		switch {
		case text == "" && i+1 < len(t.claims):
			return errors.New("two claims must be separated, such as {repository}:{ref}")
		case text != "" && isLetterOrDigit(rune(text[0])):
			return errors.New("the text after a claim must begin with one of ._/@:-")
		case text != "":
			t.apart += text[:1]
		}
	}
	return nil
}

// fill returns the principal for a token. It refuses claims with characters that rules or other
// readers could take for something else, such as a wildcard.
func (t Template) fill(c *claims) (string, error) {
	var name strings.Builder
	for i, claim := range t.claims {
		value, err := c.text(claim)
		switch {
		case err != nil:
			return "", err
		case value == "":
			return "", invalid("the token has no claim " + claim + ", which TRUSTED_ISSUERS needs for the principal")
		case strings.IndexFunc(value, notInName) >= 0:
			return "", invalid("the token's claim " + claim + " has a character other than letters, digits and ._/@:-")
		case strings.ContainsAny(value, t.apart):
			return "", invalid("the token's claim " + claim + " has a character that separates claims in the principal of TRUSTED_ISSUERS")
		}
		name.WriteString(t.texts[i] + value)
	}
	name.WriteString(t.texts[len(t.claims)])
	if name.Len() > maxPrincipal {
		return "", invalid("the principal for the token is longer than 512 characters")
	}
	return name.String(), nil
}

func notInName(c rune) bool { return !isLetterOrDigit(c) && !strings.ContainsRune("._/@:-", c) }

func notInClaim(c rune) bool { return !isLetterOrDigit(c) && !strings.ContainsRune("._-", c) }

// isWord reports whether text has lower-case letters, digits and hyphens, and a letter first.
func isWord(text string) bool {
	odd := strings.IndexFunc(text, func(c rune) bool { return c != '-' && (!isLetterOrDigit(c) || c >= 'A' && c <= 'Z') })
	return text != "" && odd < 0 && text[0] >= 'a' && text[0] <= 'z'
}
