package wire

import (
	"net/http"
	"net/url"

	"github.com/gorilla/mux"

	"rotunda/internal/secret"
)

// Target returns the name and version in the request's path after checking them. The version is
// "" for the latest.
func Target(r *http.Request) (name, version string, err error) {
	if name, err = ParseName(NameIn(r)); err != nil {
		return "", "", err
	}
	version, err = secret.ParseVersion(decoded(mux.Vars(r)["version"]))
	return name, version, err
}

// ParseName checks a name that a caller sent. It rejects the names of Rotunda's own records of
// rotations.
func ParseName(name string) (string, error) {
	if secret.IsPending(name) {
		return "", secret.Problemf(secret.ErrBadParameter,
			"The name %s is reserved for Rotunda's record of a rotation. The value in it is at secrets/{name}?stage=pending, and the rotation's status at secrets/{name}/rotation.", name)
	}
	return secret.ParseName(name)
}

// decoded undoes percent-encoding. Routes match the encoded path, in which %2F is not a slash.
func decoded(segment string) string {
	if text, err := url.PathUnescape(segment); err == nil {
		return text
	}
	return segment
}
