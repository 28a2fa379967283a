package hooktest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// issuedChecks are for class C. What they issue is revoked at the end.
var issuedChecks = []check{
	{"issue with a current credential that is not valid is refused with 409", func(ctx context.Context, s *session) error {
		forged := s.Current
		forged.Value = newPassword()
		status, said, err := s.send(ctx, s.issuing(s.operation, forged))
		return s.unchanged(ctx, status, said, err)
	}},
	{"issue makes another credential that is valid, and keeps the current one", func(ctx context.Context, s *session) error {
		return first(s.issue(ctx, s.operation))
	}},
	{"issue can be repeated", func(ctx context.Context, s *session) error {
		return s.issue(ctx, s.operation)
	}},
	{"issue by another secret is refused with 409", func(ctx context.Context, s *session) error {
		stolen := s.issuing(s.operation+"o", s.Current)
		stolen["owner"] = "hooktest.invalid/another"
		status, said, err := s.send(ctx, stolen)
		return s.unchanged(ctx, status, said, err)
	}},
	{"list returns what an operation has issued", func(ctx context.Context, s *session) error {
		said, err := s.ask(ctx, message{"action": "list", "operation": s.operation})
		for _, c := range s.issued {
			if err == nil && !slices.Contains(said.IDs, c.ID) {
				err = errors.New("an id that issue returned is missing")
			}
		}
		return err
	}},
	{"list returns nothing else", func(ctx context.Context, s *session) error {
		said, err := s.ask(ctx, message{"action": "list", "operation": s.operation + "none"})
		if err == nil && len(said.IDs) > 0 {
			err = fmt.Errorf("an operation that issued nothing has %d ids", len(said.IDs))
		}
		return err
	}},
	{"revoke by another secret is refused with 409", func(ctx context.Context, s *session) error {
		stolen := s.revoking(s.issued[0].ID)
		stolen["owner"] = "hooktest.invalid/another"
		status, _, err := s.send(ctx, stolen)
		switch {
		case err != nil:
			return err
		case status != http.StatusConflict:
			return fmt.Errorf("it answers %d, not 409", status)
		}
		return s.verify(ctx, s.issued[0], "accepted")
	}},
	{"revoke makes a credential invalid, and keeps the current one", func(ctx context.Context, s *session) error {
		if err := s.revoke(ctx, s.issued[0]); err != nil {
			return err
		}
		return errors.Join(s.verify(ctx, s.issued[0], "rejected"), s.verify(ctx, s.Current, "accepted"))
	}},
	{"revoke can be repeated", func(ctx context.Context, s *session) error {
		return s.revoke(ctx, s.issued[0])
	}},
	{"revoke of an id that was never issued succeeds", func(ctx context.Context, s *session) error {
		return s.revoke(ctx, Credential{ID: "hooktest-none"})
	}},
}

func (s *session) issuing(operation string, current Credential) message {
	return message{"action": "issue", "operation": operation, "current": current}
}

func (s *session) revoking(id string) message {
	return message{"action": "revoke", "operation": s.operation, "id": id}
}

// issue has a credential issued, which must work beside the current one.
func (s *session) issue(ctx context.Context, operation string) error {
	said, err := s.ask(ctx, s.issuing(operation, s.Current))
	c := Credential{ID: said.ID, Value: said.Value}
	switch {
	case err != nil:
		return err
	case said.Verdict != "accepted" || said.ID == "" || said.Value == "":
		return fmt.Errorf("it answers %q, without an id or a value", said.Verdict)
	case said.ID == s.Current.ID || said.Value == s.Current.Value:
		return errors.New("it answers with the current credential")
	}
	if !slices.Contains(s.issued, c) {
		s.issued = append(s.issued, c)
	}
	if err := s.verify(ctx, c, "accepted"); err != nil {
		return fmt.Errorf("the new credential: %w", err)
	}
	if err := s.verify(ctx, s.Current, "accepted"); err != nil {
		return fmt.Errorf("the current credential: %w", err)
	}
	return nil
}

func (s *session) revoke(ctx context.Context, c Credential) error {
	said, err := s.ask(ctx, s.revoking(c.ID))
	if err == nil && said.Verdict != "accepted" {
		err = fmt.Errorf("revoke answers %q", said.Verdict)
	}
	return err
}
