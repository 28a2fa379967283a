package login

import (
	"bytes"
	"encoding/json"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// parseJSON finds the object that has the login, and all other places that may repeat it. What
// does not change stays byte for byte.
func parseJSON(text string) (Login, error) {
	if !json.Valid([]byte(text)) {
		return Login{}, rotation.Permanentf("The secret's value begins like JSON but is not a JSON object. %s", forms)
	}
	all := scan(text)
	at, err := findLogin(all)
	if err != nil {
		return Login{}, err
	}
	now := credential{all[at.user].text, all[at.password].text}
	return Login{User: now.user, Password: secret.NewValue(now.password), render: func(next credential) (string, error) {
		return renderJSON(text, all, at, newChange(now, next))
	}}, nil
}

func renderJSON(text string, all []leaf, at place, c change) (string, error) {
	var out strings.Builder
	end := 0
	for i, one := range all {
		if len(c.now.password) >= longPassword && strings.Contains(one.path, c.now.password) {
			return "", rotation.Permanentf("The JSON in the secret's value has the password in the name of a field. Rename that field.")
		}
		renewed, ok := c.rewriteLeaf(one)
		switch i {
		case at.user:
			renewed, ok = c.next.user, true
		case at.password:
			renewed, ok = c.next.password, true
		}
		if !ok {
			return "", rotation.Permanentf("The JSON in the secret's value repeats the user or password in the field %q, where Rotunda can't replace it for certain. Remove that field, or set a password of %d characters or more, of letters and digits, first.", one.path, longPassword)
		}
		if renewed != one.text {
			out.WriteString(text[end:one.begin] + quote(renewed))
			end = one.end
		}
	}
	return out.String() + text[end:], nil
}

func quote(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string can be
	return strings.TrimSuffix(out.String(), "\n")
}

// rewriteLeaf returns a text of the object after the change.
func (c change) rewriteLeaf(one leaf) (_ string, ok bool) {
	switch {
	case !one.isString:
		return one.text, one.text != c.now.password || c.next.password == c.now.password
	case isPassword(one.key) && one.text == c.now.password:
		return c.next.password, true
	case isUser(one.key) && one.text == c.now.user:
		return c.next.user, true
	case one.text == c.now.password && len(c.now.password) >= longPassword:
		return c.next.password, true
	}
	return c.rewrite(one.text)
}

func isPassword(key string) bool { return strings.EqualFold(key, "password") }

func isUser(key string) bool {
	return strings.EqualFold(key, "username") || strings.EqualFold(key, "user")
}

// place is which leaves are the login.
type place struct{ user, password int }

// findLogin takes the outermost object if it has a login, or else the only one that has.
func findLogin(all []leaf) (place, error) {
	places, err := loginsOf(all)
	if err != nil {
		return place{}, err
	}
	outer, found := places[0]
	switch {
	case found:
		return outer, nil
	case len(places) > 1:
		return place{}, rotation.Permanentf("The JSON in the secret's value has several logins, and none in its outermost object. Store one login in a secret.")
	}
	for _, only := range places {
		return only, nil
	}
	return place{}, rotation.Permanentf(`The JSON in the secret's value must have "username" and "password" in one object, both non-empty strings. %s`, forms)
}

// loginsOf returns the login of each object that has one. Of "username" and "user" it takes the
// first.
func loginsOf(all []leaf) (map[int]place, error) {
	users, passwords := map[int]int{}, map[int]int{}
	for i, one := range all {
		if !one.isString || one.text == "" {
			continue
		}
		before, twice := passwords[one.object]
		switch {
		case isPassword(one.key) && twice && all[before].text != one.text:
			return nil, rotation.Permanentf("The JSON in the secret's value has the field %q twice in one object, with different values. Remove one.", one.path)
		case isPassword(one.key):
			passwords[one.object] = i
		case isUser(one.key):
			if before, twice := users[one.object]; !twice || strings.EqualFold(one.key, "username") && !strings.EqualFold(all[before].key, "username") {
				users[one.object] = i
			} else if strings.EqualFold(one.key, all[before].key) && one.text != all[before].text {
				return nil, rotation.Permanentf("The JSON in the secret's value has the field %q twice in one object, with different values. Remove one.", one.path)
			}
		}
	}
	places := map[int]place{}
	for object, password := range passwords {
		if user, ok := users[object]; ok {
			places[object] = place{user, password}
		}
	}
	return places, nil
}
