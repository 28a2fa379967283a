package login

import (
	"net/url"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

func parseURL(text string, userOptional bool) (Login, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return Login{}, rotation.Permanentf("The secret's value looks like a URL but can't be parsed. Percent-encode the special characters in its password. %s", forms)
	}
	password, given := parsed.User.Password()
	if !given || parsed.User.Username() == "" && !userOptional {
		return Login{}, rotation.Permanentf("The URL in the secret's value must have user:password@ before its host. %s", forms)
	}
	now := credential{parsed.User.Username(), password}
	return Login{User: now.user, Password: secret.NewValue(now.password), render: func(next credential) (string, error) {
		if changed, ok := newChange(now, next).rewrite(text); ok {
			return changed, nil
		}
		return "", rotation.Permanentf("The URL in the secret's value repeats its user or password where Rotunda can't replace it. Remove the repetition.")
	}}, nil
}

// userInfo is where a URL has its user and password, percent-encoded.
type userInfo struct {
	begin, end     int // before the @
	user, password string
	hasPassword    bool
}

// findUserInfo finds those of the first URL in a text.
func findUserInfo(text string) (found userInfo, ok bool) {
	scheme := strings.Index(text, "://") // of the first
	if scheme < 0 {
		return found, false
	}
	found.begin = scheme + len("://")
	authority := text[found.begin:]
	if end := strings.IndexAny(authority, "/?# \t\r\n\"'<>"); end >= 0 {
		authority = authority[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return found, false
	}
	found.end = found.begin + at
	found.user, found.password, found.hasPassword = strings.Cut(authority[:at], ":")
	return found, true
}

// rewriteUserInfo returns what a URL has after the change, and whether it changed.
func (c change) rewriteUserInfo(u userInfo) (text string, changed bool) {
	user, err := url.PathUnescape(u.user)
	isUser := err == nil && user == c.now.user
	password, err := url.PathUnescape(u.password)
	isPassword := u.hasPassword && err == nil && password == c.now.password
	if !isPassword && (u.hasPassword || !isUser) {
		return "", false
	}
	text = u.user
	if isUser && c.next.user != c.now.user {
		text = url.User(c.next.user).String()
	}
	if isPassword && c.next.password == c.now.password {
		text += ":" + u.password
	} else if isPassword {
		text += url.UserPassword("", c.next.password).String()
	}
	return text, true
}
