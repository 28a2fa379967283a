package wire

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// LongOperation serves an operation that the vault accepts before it completes it, such as a
// delete. With ?wait=true it responds when the vault has completed it.
type LongOperation struct {
	Start func(ctx context.Context, name string) (secret.Secret, error)
	Await func(ctx context.Context, name string) error
}

func (o LongOperation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	apierror.Handler(o.serve).ServeHTTP(w, r)
}

func (o LongOperation) serve(w http.ResponseWriter, r *http.Request) error {
	name, _, err := Target(r)
	if err != nil {
		return err
	}
	wait, err := Flag(r, "wait")
	if err != nil {
		return err
	}
	accepted, err := o.Start(r.Context(), name)
	if err != nil {
		return err
	}
	if wait {
		if err := o.Await(r.Context(), name); err != nil {
			return err
		}
	}
	return WriteSecret(w, accepted)
}
