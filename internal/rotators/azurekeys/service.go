package azurekeys

import (
	"encoding/json"
	"errors"
	"strings"

	"rotunda/internal/rotation"
)

// service says how Azure Resource Manager lists and regenerates the keys of a kind of resource.
// All paths come after the resource's id.
type service struct {
	name      string   // in messages
	resources []string // the types of resource; the first one begins the names of rights
	version   string   // of the API

	list   string // the POST that lists the keys
	read   reader // its answer
	nameIn string // the field of it with the resource's name; "" if there is none, or no proof needs it

	order string // the POST that regenerates a key; {key} stands for key.sent
	field string // of its body that says which key; "" for no body
	byID  bool   // the field has the id that the list shows, in place of key.sent
	pairs []pair // of keys; nil in class C alone

	issued *issuance // class C; nil without it

	names []string // of the key in connection strings
	off   off      // how the service says that it takes no keys
	role  string   // the least role of Azure's own with these rights
	proof *proof   // how a key is tried; nil if nothing tells more than the list
}

// pair is two keys with the same rights.
type pair [2]key

// key is one of a pair.
type key struct {
	id    string // in the tag CredentialId
	field string // in the list
	sent  string // to regenerate it
}

// off is a property of the resource that turns keys off.
type off struct {
	property string
	value    any
	remedy   string
}

// orderOf returns the path that regenerates a key.
func (s *service) orderOf(k key) string { return strings.ReplaceAll(s.order, "{key}", k.sent) }

// find returns the key that a tag names, and its pair. Azure's samples spell the first key as
// key1, primary or Primary; each pair's own ids and Azure's own names are known too.
func (s *service) find(name string) (pair, key, bool) {
	for n, p := range s.pairs {
		for i, k := range p {
			if strings.EqualFold(name, k.id) || strings.EqualFold(name, k.field) || strings.EqualFold(name, k.sent) || n == 0 && isUsualName(i, name) {
				return p, k, true
			}
		}
	}
	return pair{}, key{}, false
}

// isUsualName reports whether name stands for the first or second key of any service.
func isUsualName(i int, name string) bool {
	for _, usual := range [2][]string{{"key1", "primary", "primaryKey"}, {"key2", "secondary", "secondaryKey"}}[i] {
		if strings.EqualFold(name, usual) {
			return true
		}
	}
	return false
}

// ids lists the keys for a message.
func (s *service) ids() string {
	var ids []string
	for _, p := range s.pairs {
		ids = append(ids, p[0].id, p[1].id)
	}
	return strings.Join(ids, ", ")
}

// listed is a key as the list shows it.
type listed struct {
	value string
	id    string // App Configuration's
}

// reader reads the answer of a list: keys by key.field in lower case.
type reader func(body []byte) (map[string]listed, error)

// fields reads an object whose members are keys.
func fields(body []byte) (map[string]listed, error) {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	return texts(members), nil
}

func texts(members map[string]any) map[string]listed {
	found := map[string]listed{}
	for name, member := range members {
		if text, ok := member.(string); ok {
			found[strings.ToLower(name)] = listed{value: text}
		}
	}
	return found
}

// member reads an object that is a member of the answer.
func member(name string) reader {
	return func(body []byte) (map[string]listed, error) {
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, err
		}
		keys, ok := members[name].(map[string]any)
		if !ok {
			return nil, errors.New("no object")
		}
		return texts(keys), nil
	}
}

// entries reads an array whose entries have a name and a value.
func entries(array, name, value string) reader {
	return func(body []byte) (map[string]listed, error) {
		var answer map[string]any
		if err := json.Unmarshal(body, &answer); err != nil {
			return nil, err
		}
		all, ok := answer[array].([]any)
		if !ok {
			return nil, errors.New("no array")
		}
		found := map[string]listed{}
		for _, one := range all {
			entry, _ := one.(map[string]any)
			named, _ := entry[name].(string)
			text, _ := entry[value].(string)
			id, _ := entry["id"].(string)
			found[strings.ToLower(named)] = listed{text, id}
		}
		return found, nil
	}
}

// serviceOf returns the row for a type of resource.
func serviceOf(resource string) *service {
	for _, s := range table {
		for _, known := range s.resources {
			if strings.EqualFold(known, resource) {
				return s
			}
		}
	}
	return nil
}

// spelled returns a type of resource as Azure spells it.
func (s *service) spelled(resource string) string {
	for _, known := range s.resources {
		if strings.EqualFold(known, resource) {
			return known
		}
	}
	return resource
}

// classes returns the classes that a service offers, the default first.
func (s *service) classes() (offered []rotation.Class) {
	if s.pairs != nil {
		offered = append(offered, rotation.DualKey)
	}
	if s.issued != nil {
		offered = append(offered, rotation.Issued)
	}
	return offered
}
