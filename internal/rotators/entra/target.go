package entra

import (
	"errors"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/form"
	"rotunda/internal/secret"
)

// target is what a subject says about an application's client secret.
type target struct {
	id     string // the application's object id or client id
	keyID  string // of the current client secret; "" without the tag
	secret form.Key
}

// readTarget reads a subject and finds what is wrong with it before Graph is called.
func readTarget(s rotation.Subject) (t target, err error) {
	if t.id, err = parseAddress(s.Address); err != nil {
		return t, err
	}
	if t.keyID, err = parseKeyID(s.CredentialID); err != nil {
		return t, err
	}
	if t.secret, err = clientSecret(s, s.Current); err != nil {
		return t, err
	}
	_, err = t.secret.With(secret.NewValue(sample))
	return t, err
}

// sample has the characters of client secrets, as a rehearsal: one that can't be written into the
// value would be lost.
const sample = "aB3.~_-8Q~"

func parseAddress(address string) (id string, err error) {
	id = strings.ToLower(strings.TrimPrefix(address, rotation.KindApplication+":"))
	if !isGUID(id) {
		return "", rotation.Permanentf("The tag %s must be the application's object id or client id, such as 03ef14b0-ca33-4840-8f4f-d6e91916010e; az ad app show shows both, as id and appId.", rotation.TagProviderAddress)
	}
	return id, nil
}

// parseKeyID accepts none: Check finds the right one.
func parseKeyID(text string) (string, error) {
	if text != "" && !isGUID(text) {
		return "", rotation.Permanentf("The tag %s must be the key id of the client secret that the secret's value holds, and is no GUID; az ad app credential list shows it as keyId.", rotation.TagCredentialID)
	}
	return strings.ToLower(text), nil
}

// isGUID reports whether text is 8-4-4-4-12 hexadecimal digits: uuid.Validate accepts other forms.
func isGUID(text string) bool {
	return len(text) == len(uuid.Nil.String()) && uuid.Validate(text) == nil
}

// names are those of the client secret in values with several fields: of azidentity's environment,
// of az ad sp create-for-rbac, of its output for GitHub Actions, and of Graph.
var names = []string{"AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "clientSecret", "client_secret", "ClientSecret", "password", "secretText"}

// maxSecret is more than any client secret has: Graph makes 16 to 64 characters
// (microsoftgraph/microsoft-graph-docs-contrib
// api-reference/v1.0/resources/passwordcredential.md).
const maxSecret = 256

// clientSecret finds the client secret in a value.
func clientSecret(s rotation.Subject, value secret.Value) (form.Key, error) {
	key, err := form.ParseKey(value, form.KeyOptions{Names: names, Field: s.Tags[rotation.TagValueField]})
	if fault, ok := errors.AsType[*rotation.Fault](err); ok {
		return key, rotation.Permanentf("%s A client secret is found by a name such as clientSecret or AZURE_CLIENT_SECRET, or by the tag %s.", fault.Reason, rotation.TagValueField)
	}
	if text := key.Value.Reveal(); len(text) > maxSecret || strings.ContainsFunc(text, isForeign) {
		return key, rotation.Permanentf("The secret's value is no client secret, and has none under a name such as clientSecret or AZURE_CLIENT_SECRET. Set it to the client secret's value, not its id.")
	}
	if isGUID(key.Value.Reveal()) {
		return key, rotation.Permanentf("The secret's value is a GUID, as the id of a client secret is. Set it to the client secret's value; Entra shows that only once, so add a client secret if nobody has it.")
	}
	return key, nil
}

// isForeign reports whether no client secret has the character.
func isForeign(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == '"' || r == '\'' }
