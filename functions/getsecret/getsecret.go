// Package getsecret is Key Vault's Get Secret, with ours on top: memory, ETag and 304, and the bare
// value for shell scripts.
package getsecret

import (
	"context"
	"net/http"
	"strings"

	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// Reader reads a version, or the latest when version is "". A fresh reading is from the vault.
type Reader interface {
	Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error)
}

// Handler answers GET secrets/{name}/{version?}.
func Handler(secrets Reader) http.Handler { return handler{secrets} }

type handler struct{ secrets Reader }

var _ azfunc.Named = handler{}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, version, err := wire.Target(r)
	if err == nil {
		err = h.answer(w, r, name, version)
	}
	if err != nil {
		apierror.Write(w, err)
	}
}

// ServeNamed is the way of most requests: the latest version of a plainly written name.
func (h handler) ServeNamed(w http.ResponseWriter, r *http.Request, name string) {
	err := wire.CheckAPIVersion(r)
	if err == nil {
		name, err = secret.ParseName(name)
	}
	if err == nil {
		err = h.answer(w, r, name, "")
	}
	if err != nil {
		apierror.Write(w, err)
	}
}

func (h handler) answer(w http.ResponseWriter, r *http.Request, name, version string) error {
	found, err := h.secrets.Read(r.Context(), name, version, wantsFresh(r))
	if err != nil {
		return err
	}
	return found.Write(w, r)
}

// wantsFresh tells whether Cache-Control asks to go past our memory (RFC 9111, 5.2.1.4).
func wantsFresh(r *http.Request) bool {
	for _, header := range r.Header["Cache-Control"] {
		for directive := range strings.SplitSeq(header, ",") {
			directive = strings.TrimSpace(directive)
			if strings.EqualFold(directive, "no-cache") || strings.EqualFold(directive, "no-store") || directive == "max-age=0" {
				return true
			}
		}
	}
	return false
}
