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
	if name, err = secret.ParseName(decoded(vars["name"])); err != nil {
		return "", "", err
	}
	version, err = secret.ParseVersion(decoded(vars["version"]))
	return name, version, err
}

// decoded undoes percent-encoding: routes are matched in the encoded path, so that %2F is no slash.
func decoded(segment string) string {
	if text, err := url.PathUnescape(segment); err == nil {
		return text
	}
	return segment
}
