package apierror

import "context"

// Note carries a request's failure to the one line that logs it.
type Note struct{ Err error }

type noteKey struct{}

// WithNote makes a Note for one request.
func WithNote(ctx context.Context) (context.Context, *Note) {
	note := &Note{}
	return context.WithValue(ctx, noteKey{}, note), note
}

func noteError(ctx context.Context, err error) {
	if note, ok := ctx.Value(noteKey{}).(*Note); ok {
		note.Err = err
	}
}
