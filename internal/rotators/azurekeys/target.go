package azurekeys

import (
	"net/url"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/class"
	"rotunda/internal/rotators/form"
	"rotunda/internal/secret"
)

// target is what the tags and the value of a secret say.
type target struct {
	*service
	resource string // the type, as the id spells it
	id       string // the ARM id, escaped for a URL
	class    rotation.Class
	pair     pair // class K; the first one if the tags do not name a key
	key      key  // class K: the one that CredentialId names; zero without that tag
	proven   bool // whether keys are tried where they are used
	current  form.Key
	tags     map[string]string
}

// readTarget reads the tags and the value. Its error is a permanent fault.
func readTarget(s rotation.Subject) (target, error) {
	t := target{resource: rotation.ResourceType(s.Address), tags: s.Tags}
	if t.service = serviceOf(t.resource); t.service == nil {
		return t, unknownResource(t.resource)
	}
	t.resource = t.spelled(t.resource)
	var err error
	if t.id, err = escapeID(s.Address); err != nil {
		return t, err
	}
	if t.class, err = class.Choose(s.Tags, t.name, t.classes()...); err != nil {
		return t, err
	}
	if err := t.readTags(s); err != nil {
		return t, err
	}
	t.current, err = t.parse(s.Current)
	return t, err
}

func unknownResource(resource string) error {
	if why := whyRefused(resource); why != "" {
		return rotation.Permanentf("%s", why)
	}
	if resource == "" {
		return rotation.Permanentf("The tag %s must be the ARM id of a resource with keys, such as /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<name>.", rotation.TagProviderAddress)
	}
	return rotation.Permanentf("Keys of %s can't be rotated. docs/rotators.md lists the types of resource that the tag %s may name.", resource, rotation.TagProviderAddress)
}

// readTags reads CredentialId and KeyProof.
func (t *target) readTags(s rotation.Subject) error {
	proof, given := s.Tags[rotation.TagKeyProof]
	if given && proof != "none" {
		return rotation.Permanentf("The tag %s must be none, or absent to try each new key where it is used.", rotation.TagKeyProof)
	}
	t.proven = !given && t.proof != nil && t.class == rotation.DualKey
	if t.class != rotation.DualKey {
		return nil
	}
	t.pair = t.pairs[0]
	if s.CredentialID == "" && len(t.pairs) > 1 {
		return rotation.Permanentf("The tag %s must say which key of %s the secret holds: one of %s.", rotation.TagCredentialID, t.name, t.ids())
	}
	if s.CredentialID == "" {
		return nil
	}
	var known bool
	if t.pair, t.key, known = t.find(s.CredentialID); !known {
		return rotation.Permanentf("The tag %s does not name a key of %s: it must be one of %s, whichever the secret holds.", rotation.TagCredentialID, t.name, t.ids())
	}
	return nil
}

// parse finds the key in a value of the secret.
func (t target) parse(value secret.Value) (form.Key, error) {
	return form.ParseKey(value, form.KeyOptions{Names: t.names, Field: t.tags[rotation.TagValueField]})
}

// value puts a key into the form of the secret's value. A connection string of App Configuration
// has the key's id, too.
func (t target) value(k listed) (secret.Value, error) {
	made, err := t.current.With(secret.NewValue(k.value))
	if err != nil || k.id == "" || made.Reveal() == k.value {
		return made, err
	}
	id, err := form.ParseKey(made, form.KeyOptions{Names: []string{"Id"}, Field: t.tags[rotation.TagValueField]})
	if err != nil || id.Value.Equal(made) { // no connection string
		return made, nil //nolint:nilerr // there is no id to replace
	}
	return id.With(secret.NewValue(k.id))
}

// maxID is far longer than any ARM id.
const maxID = 2048

// escapeID returns an ARM id as the path of a URL. No part of it can leave the path.
func escapeID(id string) (string, error) {
	parts := strings.Split(strings.TrimPrefix(id, "/"), "/")
	bad := slices.ContainsFunc(parts, func(part string) bool {
		return part == "." || part == ".." || strings.ContainsAny(part, "?#%\\;@:") || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r == 0x7f })
	})
	if bad || len(id) > maxID {
		return "", rotation.Permanentf("The tag %s is not a valid ARM id. Copy the resource's id from the portal, or from az resource show.", rotation.TagProviderAddress)
	}
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/" + strings.Join(parts, "/"), nil
}

// segment returns a part of the ARM id: 7 is the name of the resource, or of the one it is in.
func (t target) segment(n int) string {
	parts := strings.Split(strings.TrimPrefix(t.id, "/"), "/")
	if n >= len(parts) {
		return ""
	}
	text, err := url.PathUnescape(parts[n])
	if err != nil {
		return ""
	}
	return text
}

// above returns the ARM id, escaped for a URL, of what the resource is in.
func (t target) above() string {
	parts := strings.Split(t.id, "/")
	return strings.Join(parts[:len(parts)-2], "/")
}

// right returns the name of the right to what is done below the resource.
func (t target) right(action string) string { return t.resource + "/" + action }

// actionOf returns the right to a POST.
func (t target) actionOf(path string) string {
	action, _, _ := strings.Cut(path, "/")
	return t.right(action + "/action")
}
