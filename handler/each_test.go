package main

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"rotunda/internal/secret"
)

// errorList is a joined error that may hold a nil, as errors.Join's own may not.
type errorList []error

func (l errorList) Unwrap() []error { return l }
func (l errorList) Error() string   { return errors.Join(l...).Error() }

func TestEach(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	for name, row := range map[string]struct {
		err  error
		want []string
	}{
		"nil":                               {nil, nil},
		"one error":                         {a, []string{"a"}},
		"one wrapped error":                 {fmt.Errorf("x: %w", a), []string{"x: a"}},
		"a join":                            {errors.Join(a, b), []string{"a", "b"}},
		"a join of one":                     {errors.Join(a), []string{"a"}},
		"a wrapped join of one":             {fmt.Errorf("x: %w", errors.Join(a)), []string{"x: a"}},
		"joins in a join":                   {errors.Join(errors.Join(a, b), errors.Join(c)), []string{"a", "b", "c"}},
		"nils in a join":                    {errorList{nil, a, nil, b}, []string{"a", "b"}},
		"a wrapped join":                    {fmt.Errorf("x: %w", errors.Join(a, b)), []string{"x: a", "x: b"}},
		"a join wrapped twice":              {fmt.Errorf("x: %w", fmt.Errorf("y: %w", errors.Join(a, b))), []string{"x: y: a", "x: y: b"}},
		"text on both sides":                {fmt.Errorf("x: %w (y)", errors.Join(a, b)), []string{"x: a (y)", "x: b (y)"}},
		"a wrapped join beside an error":    {errors.Join(a, fmt.Errorf("x: %w", errors.Join(b, c))), []string{"a", "x: b", "x: c"}},
		"a wrapped join that holds a join":  {fmt.Errorf("x: %w", errors.Join(a, errors.Join(b, c))), []string{"x: a", "x: b", "x: c"}},
		"a sentence about two errors":       {fmt.Errorf("%w, because of %w", a, b), []string{"a, because of b"}},
		"a problem without a cause":         {secret.Problemf(secret.ErrBusy, "Wait."), []string{"too many calls to the vault are waiting: Wait."}},
		"a problem with joined causes":      {secret.Problemf(secret.ErrBusy, "Wait.").Because(errors.Join(a, b)), []string{"too many calls to the vault are waiting: a\nb"}},
		"a text that hides the wrapped one": {hidden{errors.Join(a, b)}, []string{"hidden"}},
	} {
		var got []string
		for _, problem := range each(row.err) {
			got = append(got, problem.Error())
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
	if problems := each(fmt.Errorf("x: %w", errors.Join(a, b))); !errors.Is(problems[1], b) {
		t.Error("an error with a prefix does not wrap its problem")
	}
}

type hidden struct{ error }

func (h hidden) Error() string { return "hidden" }
func (h hidden) Unwrap() error { return h.error }
