package hooktest

import (
	"context"
	"fmt"
	"net/http"
)

// singleChecks are for class S. They leave the credential changed.
var singleChecks = []check{
	{"apply with a current credential that is not valid is refused with 409", func(ctx context.Context, s *session) error {
		status, said, err := s.send(ctx, s.applying(s.operation+"w", s.wrong(), s.wrong()))
		return s.unchanged(ctx, status, said, err)
	}},
	{"apply makes the next credential valid, and the current one invalid", func(ctx context.Context, s *session) error {
		return first(s.replace(ctx, s.operation+"1"))
	}},
	{"apply by another secret is refused with 409", func(ctx context.Context, s *session) error {
		stolen := s.applying(s.operation+"o", s.Current, s.wrong())
		stolen["owner"] = "hooktest.invalid/another"
		status, said, err := s.send(ctx, stolen)
		return s.unchanged(ctx, status, said, err)
	}},
	{"apply can be repeated", func(ctx context.Context, s *session) error {
		before := s.Current
		if err := s.replace(ctx, s.operation+"2"); err != nil {
			return err
		}
		said, err := s.ask(ctx, s.applying(s.operation+"2", before, s.Current))
		if err == nil && said.Verdict != "accepted" {
			err = fmt.Errorf("the second time it answers %q", said.Verdict)
		}
		if err != nil {
			return err
		}
		return s.verify(ctx, s.Current, "accepted")
	}},
	{"apply that comes late changes nothing", func(ctx context.Context, s *session) error {
		older := s.Current
		if err := s.replace(ctx, s.operation+"3"); err != nil {
			return err
		}
		late := s.applying(s.operation+"3", older, s.Current)
		if err := s.replace(ctx, s.operation+"4"); err != nil {
			return err
		}
		if _, _, err := s.send(ctx, late); err != nil { // its answer is free
			return err
		}
		if err := s.verify(ctx, s.Current, "accepted"); err != nil {
			return fmt.Errorf("after an apply of an operation that is over: %w", err)
		}
		return nil
	}},
}

// cleanUp leaves nothing behind in class C.
func (s *session) cleanUp(ctx context.Context) (results []Result) {
	for _, c := range s.issued {
		if err := s.revoke(ctx, c); err != nil {
			results = append(results, Result{"clean up: revoke " + c.ID, err})
		}
	}
	return results
}

func (s *session) applying(operation string, current, next Credential) message {
	return message{"action": "apply", "operation": operation, "current": current, "next": next}
}

// replace makes another credential the current one.
func (s *session) replace(ctx context.Context, operation string) error {
	old, next := s.Current, s.wrong()
	said, err := s.ask(ctx, s.applying(operation, old, next))
	if err == nil && said.Verdict != "accepted" {
		err = fmt.Errorf("apply answers %q", said.Verdict)
	}
	if err != nil {
		return err
	}
	if err := s.verify(ctx, next, "accepted"); err != nil {
		return fmt.Errorf("the next credential after apply: %w", err)
	}
	s.Current = next
	if err := s.Save(next); err != nil {
		return fmt.Errorf("the new credential can't be saved: %w", err)
	}
	if err := s.verify(ctx, old, "rejected"); err != nil {
		return fmt.Errorf("the old credential after apply: %w", err)
	}
	return nil
}

// unchanged returns an error unless the answer was 409 and the current credential is still valid.
func (s *session) unchanged(ctx context.Context, status int, said answer, err error) error {
	switch {
	case err != nil:
		return err
	case status != http.StatusConflict:
		return fmt.Errorf("it answers %d %s, not 409", status, said.Verdict)
	}
	return s.verify(ctx, s.Current, "accepted")
}
