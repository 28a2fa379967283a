// Package getsecret is Key Vault's Get Secret, extended by a cache, ETag and 304, the bare value
// for shell scripts, and the stages of a rotation.
package getsecret

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/azfunc"
	"rotunda/internal/wire"
)

// Reader reads a version, or the latest if version is "". If fresh is true, it bypasses the cache.
// Peek returns a reading only if it is in the cache. ReadAs lets the vault convert a certificate
// to a media type, and also bypasses the cache.
type Reader interface {
	Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error)
	ReadAs(ctx context.Context, name, version, contentType string) (wire.Reading, error)
	Peek(name, version string) (wire.Reading, bool)
}

// Stager reads by stage of a rotation: the previous version, or the pending value that is about to
// be published.
type Stager interface {
	ReadPrevious(ctx context.Context, name string) (wire.Reading, error)
	ReadPending(ctx context.Context, name string) (wire.Reading, error)
}

// Handler serves GET secrets/{name}/{version?}.
func Handler(secrets Reader, stages Stager) http.Handler { return handler{secrets, stages} }

type handler struct {
	secrets Reader
	stages  Stager
}

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

// ServeNamed serves most requests: those for the latest version by a name without encoded
// characters.
func (h handler) ServeNamed(w http.ResponseWriter, r *http.Request, name string) {
	name, err := wire.ParseName(name)
	if err == nil {
		err = h.answer(w, r, name, "")
	}
	if err != nil {
		apierror.Write(w, err)
	}
}

func (h handler) answer(w http.ResponseWriter, r *http.Request, name, version string) error {
	found, err := h.read(w, r, name, version)
	if err != nil {
		return err
	}
	return found.Write(w, r)
}

func (h handler) read(w http.ResponseWriter, r *http.Request, name, version string) (wire.Reading, error) {
	contentType, err := wire.OutContentType(r)
	if err != nil {
		return wire.Reading{}, err
	}
	switch stage, err := wire.Stage(r, version); {
	case err != nil:
		return wire.Reading{}, err
	case contentType != "":
		return h.secrets.ReadAs(azfunc.CallerContext(w, r), name, version, contentType)
	case stage == wire.StagePrevious:
		return h.stages.ReadPrevious(azfunc.CallerContext(w, r), name)
	case stage == wire.StagePending:
		return h.stages.ReadPending(azfunc.CallerContext(w, r), name)
	}
	fresh := wire.WantsFresh(r)
	if !fresh {
		if found, ok := h.secrets.Peek(name, version); ok {
			return found, nil
		}
	}
	return h.secrets.Read(azfunc.CallerContext(w, r), name, version, fresh)
}
