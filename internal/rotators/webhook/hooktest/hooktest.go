// Package hooktest checks whether a hook keeps the contract in docs/webhook.md. It speaks HTTP and
// knows nothing of Rotunda's own client.
package hooktest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Config is the hook to check, and a credential of it that may be changed.
type Config struct {
	URL    string
	Key    []byte // that signs requests; nil with Token
	Token  string // a bearer token that the hook accepts
	Class  string // S or C
	Client *http.Client

	// Current is the credential that is valid now: in class C with ID and Value, in class S with
	// Username and Password.
	Current Credential
	// Save keeps the credential that is valid after a change, in class S.
	Save func(Credential) error
}

// Credential is a credential in a request.
type Credential struct {
	ID       string `json:"id,omitempty"`
	Value    string `json:"value,omitempty"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
}

// Result is what a check found. Err is nil if the hook passed.
type Result struct {
	Name string
	Err  error
}

// check is one promise of the contract.
type check struct {
	name string
	run  func(context.Context, *session) error
}

// errFirst ends a run: what comes next would show nothing.
var errFirst = errors.New("the checks after this one need it")

// Run checks a hook and returns the results in order. It stops at a check that the others need.
func Run(ctx context.Context, c Config) (results []Result) {
	s := &session{Config: c, owner: "hooktest.invalid/test", operation: rand.Text()}
	checks := append(signatureChecks(c), commonChecks...)
	if c.Class == "S" {
		checks = append(checks, singleChecks...)
	} else {
		checks = append(checks, issuedChecks...)
	}
	for _, one := range checks {
		err := one.run(ctx, s)
		if err == nil {
			err = s.leaked()
		}
		results = append(results, Result{one.name, err})
		if errors.Is(err, errFirst) {
			break
		}
	}
	return append(results, s.cleanUp(ctx)...)
}

// commonChecks are for both classes.
var commonChecks = []check{
	{"plan is accepted, and names the hook's class", func(ctx context.Context, s *session) error {
		said, err := s.ask(ctx, s.plan())
		switch {
		case err != nil:
			return errors.Join(errFirst, err)
		case said.Verdict != "accepted":
			return fmt.Errorf("%w: the verdict is %q: %.200s", errFirst, said.Verdict, strings.Join(append(said.Problems, said.Reason), " "))
		case said.Class != s.Class:
			return fmt.Errorf("%w: the class is %q, not %q", errFirst, said.Class, s.Class)
		}
		return nil
	}},
	{"verify accepts the current credential", func(ctx context.Context, s *session) error {
		return first(s.verify(ctx, s.Current, "accepted"))
	}},
	{"verify rejects a wrong credential", func(ctx context.Context, s *session) error {
		return s.verify(ctx, s.wrong(), "rejected")
	}},
	{"an unknown action is refused", func(ctx context.Context, s *session) error {
		return s.wantStatus(ctx, message{"action": "explode"}, 400)
	}},
	{"a request that is not JSON is refused", func(ctx context.Context, s *session) error {
		return s.wantStatusOf(ctx, http.MethodPost, []byte("{"), s.sign, 400)
	}},
	{"GET is refused", func(ctx context.Context, s *session) error {
		return s.wantStatusOf(ctx, http.MethodGet, nil, s.sign, 404, 405)
	}},
}

// first marks an error that ends a run.
func first(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errFirst, err)
}
