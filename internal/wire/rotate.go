package wire

import (
	"context"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// RotateOptions are how a caller wants a rotation to run.
type RotateOptions struct {
	Wait      bool // respond when the attempt has ended
	DryRun    bool // only plan
	RetireNow bool // rotate during a grace period too, and end every older credential at once
}

// ReadRotateOptions reads ?wait=, ?dryRun= and ?retire=now.
func ReadRotateOptions(r *http.Request) (options RotateOptions, err error) {
	if options.Wait, err = Flag(r, "wait"); err != nil {
		return options, err
	}
	if options.DryRun, err = Flag(r, "dryRun"); err != nil {
		return options, err
	}
	options.RetireNow, err = Choice(r, "retire", "now")
	return options, err
}

// StateToResume reads ?state=, which is required. The only such state is attention.
func StateToResume(r *http.Request) (string, error) {
	const attention = "attention"
	chosen, err := Choice(r, "state", attention)
	if err == nil && !chosen {
		err = secret.Problemf(secret.ErrBadParameter, "The query parameter state is required, and must be %q.", attention)
	}
	return attention, err
}

// RotationOperation serves an operation on one secret's rotation, and responds 200 with its
// status.
type RotationOperation func(ctx context.Context, name string) (Rotation, error)

func (o RotationOperation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	apierror.Handler(o.serve).ServeHTTP(w, r)
}

func (o RotationOperation) serve(w http.ResponseWriter, r *http.Request) error {
	name, _, err := Target(r)
	if err != nil {
		return err
	}
	rotation, err := o(r.Context(), name)
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, rotation)
}
