package hooktest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// message is the body of a request, as docs/webhook.md has it.
type message map[string]any

// answer is the body of an answer.
type answer struct {
	Verdict, Reason, Class, ID, Value string
	IDs, Problems, Warnings           []string
}

// session is one run of the checks.
type session struct {
	Config
	owner     string
	operation string
	values    []string     // that no answer may repeat
	leaks     []string     // actions whose answers did
	issued    []Credential // in class C, to be revoked at the end
}

// plan returns the request for a plan.
func (s *session) plan() message {
	if s.Class == "S" {
		return message{"action": "plan", "current": Credential{Username: s.Current.Username}, "sample": newPassword()}
	}
	return message{"action": "plan", "current": Credential{ID: s.Current.ID}}
}

// newPassword returns a password as Rotunda makes them: 32 letters and digits, of each kind.
func newPassword() string { return "aA1" + rand.Text() + "abc" }

// wrong returns a credential that is not valid.
func (s *session) wrong() Credential {
	if s.Class == "S" {
		return Credential{Username: s.Current.Username, Password: newPassword()}
	}
	return Credential{Value: newPassword()}
}

// of returns a credential as verify has it.
func (s *session) of(c Credential) Credential {
	c.ID = ""
	return c
}

func (s *session) verify(ctx context.Context, c Credential, want string) error {
	said, err := s.ask(ctx, message{"action": "verify", "credential": s.of(c)})
	if err == nil && said.Verdict != want {
		err = fmt.Errorf("verify answers %q, not %q", said.Verdict, want)
	}
	return err
}

// ask sends a request, to which the hook must give a verdict.
func (s *session) ask(ctx context.Context, m message) (answer, error) {
	status, said, err := s.send(ctx, m)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%v answers %d: %.200s", m["action"], status, said.Reason)
	}
	if err == nil && !slices.Contains([]string{"accepted", "rejected", "unknown"}, said.Verdict) {
		err = fmt.Errorf("%v answers the verdict %q", m["action"], said.Verdict)
	}
	return said, err
}

// wantStatus sends a request that the hook must refuse with one of some statuses.
func (s *session) wantStatus(ctx context.Context, m message, want ...int) error {
	return s.wantStatusOf(ctx, http.MethodPost, s.encode(m), s.sign, want...)
}

func (s *session) wantStatusOf(ctx context.Context, method string, body []byte, sign signing, want ...int) error {
	status, _, err := s.exchange(ctx, method, body, "", sign)
	if err == nil && !slices.Contains(want, status) {
		err = fmt.Errorf("it answers %d, not %v", status, want)
	}
	return err
}

// send sends a request as Rotunda does.
func (s *session) send(ctx context.Context, m message) (int, answer, error) {
	key := ""
	if action, _ := m["action"].(string); action == "apply" || action == "issue" || action == "revoke" {
		key = fmt.Sprint(m["operation"], "-", action, m["id"])
	}
	status, body, err := s.exchange(ctx, http.MethodPost, s.encode(m), key, s.sign)
	if err != nil || status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return status, answer{}, err
	}
	said, err := decode(body)
	if err != nil {
		return status, said, fmt.Errorf("%v: %w", m["action"], err)
	}
	s.note(m, said)
	return status, said, nil
}

// encode adds what every request has.
func (s *session) encode(m message) []byte {
	all := message{"hook": s.URL, "owner": s.owner, "class": s.Class}
	for name, value := range m {
		all[name] = value
	}
	for _, name := range []string{"credential", "current", "next"} {
		if c, is := m[name].(Credential); is && c.Value+c.Password != "" {
			s.values = append(s.values, c.Value+c.Password)
		}
	}
	body, _ := json.Marshal(all) // it has text and structs of text
	return body
}

// reply is a body and the type that it claims to have.
type reply struct {
	kind string
	body []byte
}

func decode(r reply) (said answer, err error) {
	if kind, _, err := mime.ParseMediaType(r.kind); err != nil || kind != "application/json" {
		return said, errors.New("the answer's Content-Type is not application/json")
	}
	if len(r.body) > maxAnswer {
		return said, errors.New("the answer has more than 64 KiB")
	}
	if err := json.Unmarshal(r.body, &said); err != nil {
		return said, errors.New("the answer is not the JSON of docs/webhook.md")
	}
	return said, nil
}

const (
	maxAnswer = 64 << 10
	callTime  = 10 * time.Second // that Rotunda waits for an answer
)

// exchange sends one HTTP request.
func (s *session) exchange(ctx context.Context, method string, body []byte, key string, sign signing) (int, reply, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	sent, err := http.NewRequestWithContext(ctx, method, s.URL, bytes.NewReader(body))
	if err != nil {
		return 0, reply{}, err
	}
	id := key
	if id == "" {
		id = rand.Text()
	} else {
		sent.Header.Set("Idempotency-Key", key)
	}
	sent.Header.Set("Content-Type", "application/json")
	sent.Header.Set("webhook-id", id)
	sign(sent.Header, id, body)
	response, err := s.Client.Do(sent)
	if err != nil {
		return 0, reply{}, errors.New("no answer within 10 s, or no connection")
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	said, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return 0, reply{}, errors.New("the answer ends early")
	}
	return response.StatusCode, reply{response.Header.Get("Content-Type"), said}, nil
}

// note looks for values in what becomes part of messages and tags.
func (s *session) note(m message, said answer) {
	words := strings.Join(append(append(said.Problems, said.Warnings...), append(said.IDs, said.Reason, said.ID)...), "\n")
	for _, value := range append(s.values, said.Value) {
		if value != "" && strings.Contains(words, value) {
			s.leaks = append(s.leaks, fmt.Sprint(m["action"]))
		}
	}
	if said.Value != "" {
		s.values = append(s.values, said.Value)
	}
}

// leaked returns an error once for answers that repeated a value.
func (s *session) leaked() error {
	if len(s.leaks) == 0 {
		return nil
	}
	defer func() { s.leaks = nil }()
	return fmt.Errorf("the answer to %s repeats a credential where messages and tags come from", s.leaks[0])
}
