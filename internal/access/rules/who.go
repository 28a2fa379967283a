package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rotunda/internal/access"
	"rotunda/internal/lazyregexp"
)

// who is a mark of callers. A principal may have a wildcard.
type who struct{ kind, text string }

// The kinds of marks. A token of Entra proves all but the last. A text of any other form is a
// principal of another issuer.
const (
	whoObject      = "oid:"
	whoApplication = "app:"
	whoGroup       = "group:"
	whoRole        = "role:"
	whoPrincipal   = ""
)

func (w who) String() string { return w.kind + w.text }

// misnamed says what to write in place of a word that is near at hand and wrong.
var misnamed = map[string]string{
	"appid:": "write app: and the client id", "azp:": "write app: and the client id", "client:": "write app: and the client id",
	"object:": "write oid: and the object id", "user:": "write oid: and the object id of the user",
	"roles:": "write role:", "groups:": "write group:",
	"upn:": "names can be changed; write oid: and the object id", "email:": "addresses can be changed; write oid: and the object id",
	"key:": "rules are for callers with tokens; a function key has none",
	"oid:": "write oid: in lower case", "app:": "write app: in lower case", "role:": "write role: in lower case", "group:": "write group: in lower case",
	"tid:": noTenant, "tenant:": noTenant, "scp:": noScope, "scope:": noScope, "anonymous:": "everybody must sign in",
}

const (
	noTenant = "a rule is not about a tenant; write role:, group: or oid:"
	noScope  = "a rule is not about a delegated permission; write role:, group: or oid:"
)

var (
	guid      = lazyregexp.New(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	principal = lazyregexp.New(`^[A-Za-z0-9._@-]+:[A-Za-z0-9._/@:*-]+$`)
	// TRUSTED_ISSUERS has the same rule for the word that begins its principals.
	principalWord = lazyregexp.New(`^[a-z][a-z0-9-]*:`)
)

// parseWho returns a mark. The error says what to do.
func parseWho(text string) (who, error) {
	word, rest, found := strings.Cut(text, ":")
	if text == "*" {
		return who{}, errors.New(`"*" would be everybody who can get a token, of every issuer: name roles, groups or object ids`)
	}
	if !found || rest == "" {
		return who{}, fmt.Errorf("%q names no caller: write oid:, app:, group: or role: and a text, "+
			"or a principal of another issuer, such as github:contoso/shop:refs/heads/main", text)
	}
	switch kind := word + ":"; kind {
	case whoObject, whoApplication, whoGroup:
		id := strings.ToLower(rest)
		if !guid().MatchString(id) {
			return who{}, fmt.Errorf("%q must be %s and a GUID, without a wildcard", text, kind)
		}
		return who{kind, id}, nil
	case whoRole:
		return who{kind, rest}, checkRole(rest)
	default:
		if advice := misnamed[strings.ToLower(kind)]; advice != "" {
			return who{}, fmt.Errorf("%q names no caller: %s", text, advice)
		}
		return who{whoPrincipal, text}, checkPrincipal(text)
	}
}

// checkRole accepts the values that Entra does: no spaces, and 120 characters at most
// (MicrosoftDocs/entra-docs docs/identity-platform/howto-add-app-roles-in-apps.md).
func checkRole(role string) error {
	for _, c := range role {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("%q is not the value of an app role: it has a space, or a character outside ASCII", role)
		}
	}
	if strings.Contains(role, "*") || len(role) > 120 {
		return fmt.Errorf("%q must be role: and the whole value of an app role: a wildcard is not allowed, nor more than 120 characters", whoRole+role)
	}
	return nil
}

// checkPrincipal accepts a * only in place of a whole segment, and only after a text that is
// somebody's: github:contoso/shop* would include the repository contoso/shop-evil, and
// github:* everybody.
func checkPrincipal(who string) error {
	if !principal().MatchString(who) {
		return fmt.Errorf("%q has a character that no principal has: use letters, digits and . _ / @ : -", who)
	}
	if !principalWord().MatchString(who) {
		return fmt.Errorf("%q is nobody's principal: in TRUSTED_ISSUERS, each begins with a word of lower-case letters, digits and hyphens, such as github", who)
	}
	own, _, wild := strings.Cut(who, "*")
	if !wild {
		return nil
	}
	for _, segment := range segments(who) {
		if strings.Contains(segment, "*") && segment != "*" {
			return fmt.Errorf("%q has a * beside other characters, which would include look-alikes: let it stand for all that is between two of the characters : and /", who)
		}
	}
	// The sub of a GitHub token begins with repo: for every repository.
	named := slices.DeleteFunc(segments(own), func(segment string) bool { return segment == "" || segment == "repo" })
	if len(named) < 2 {
		return fmt.Errorf("%q would include callers that are not yours: before the first * there must be more than the issuer, such as github:contoso/*", who)
	}
	return nil
}

// segments splits a principal at its separators.
func segments(principal string) []string {
	return strings.FieldsFunc(principal, isSeparator)
}

func isSeparator(c rune) bool { return c == ':' || c == '/' }

// matchPrincipal reports whether a principal matches a pattern. A * is one segment; at the end it
// is one or more.
func matchPrincipal(pattern, principal string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	rest, found := strings.CutPrefix(principal, before)
	switch {
	case !wild:
		return pattern == principal
	case !found || rest == "" || isSeparator(rune(rest[0])):
		return false
	case after == "":
		return true
	}
	end := strings.IndexFunc(rest, isSeparator)
	return end > 0 && matchPrincipal(after, rest[end:])
}

// callerOf returns the one caller with all the marks of a test.
func callerOf(marks []who) (*access.Caller, error) {
	c := &access.Caller{}
	once := map[string]*string{whoObject: &c.Object, whoApplication: &c.Application, whoPrincipal: &c.Principal}
	for _, mark := range marks {
		switch mark.kind {
		case whoRole:
			c.Roles = append(c.Roles, mark.text)
		case whoGroup:
			c.Groups = append(c.Groups, mark.text)
		default:
			if *once[mark.kind] != "" {
				return nil, fmt.Errorf("%q is the second of its kind: a test is about one caller", mark)
			}
			*once[mark.kind] = mark.text
		}
	}
	if c.Principal != "" && len(marks) > 1 {
		return nil, fmt.Errorf("%q comes from another issuer than the rest: a test is about one caller", c.Principal)
	}
	return c, nil
}
