package wire

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"rotunda/internal/secret"
)

// Target reads and checks what a request is about: the name and version in its path, and its
// api-version. The version is "" for the latest.
func Target(r *http.Request) (name, version string, err error) {
	if err := CheckAPIVersion(r); err != nil {
		return "", "", err
	}
	vars := mux.Vars(r)
	if name, err = ParseName(decoded(vars["name"])); err != nil {
		return "", "", err
	}
	version, err = secret.ParseVersion(decoded(vars["version"]))
	return name, version, err
}

// ParseName checks a name that a caller sent. Rotunda's own records of rotations are not for callers.
func ParseName(name string) (string, error) {
	if secret.IsPending(name) {
		return "", secret.Problemf(secret.ErrBadParameter,
			"The name %s is kept for Rotunda's record of a rotation. Read the value in it as secrets/{name}?stage=pending, and where it stands as secrets/{name}/rotation.", name)
	}
	return secret.ParseName(name)
}

// decoded undoes percent-encoding: routes are matched in the encoded path, so that %2F is no slash.
func decoded(segment string) string {
	if text, err := url.PathUnescape(segment); err == nil {
		return text
	}
	return segment
}
