package webhook

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"rotunda/internal/rotation"
)

// action is what a request asks of a hook.
type action string

const (
	actionPlan   action = "plan"
	actionVerify action = "verify"
	actionApply  action = "apply"
	actionIssue  action = "issue"
	actionList   action = "list"
	actionRevoke action = "revoke"
)

// request is the body of a request.
type request struct {
	Action     action         `json:"action"`
	Hook       string         `json:"hook"`  // its address, so that a request to another one can't be replayed to it
	Owner      string         `json:"owner"` // the vault and the secret whose credential it is
	Class      rotation.Class `json:"class"`
	Operation  string         `json:"operation,omitempty"`
	Credential *credential    `json:"credential,omitempty"` // verify
	Current    *credential    `json:"current,omitempty"`    // plan, without its values; apply, issue
	Next       *credential    `json:"next,omitempty"`       // apply
	Sample     string         `json:"sample,omitempty"`     // plan: a password that is never used
	ID         string         `json:"id,omitempty"`         // revoke

	known []string // of the secret: no answer may repeat them, whether the request has them or not
}

// credential is a credential in a request.
type credential struct {
	ID       string `json:"id,omitempty"`       // class C
	Value    string `json:"value,omitempty"`    // class C
	Username string `json:"username,omitempty"` // class S
	Password string `json:"password,omitempty"` // class S
}

// values returns what no answer may repeat.
func (c *credential) values() []string {
	if c == nil {
		return nil
	}
	return []string{c.Value, c.Password}
}

// values returns what no answer may repeat.
func (r request) values() []string {
	all := append([]string{r.Sample}, r.known...)
	for _, c := range []*credential{r.Credential, r.Current, r.Next} {
		all = append(all, c.values()...)
	}
	return all
}

// request returns a request about the target.
func (t target) request(a action) request {
	asked := request{Action: a, Hook: t.hook.String(), Owner: t.Owner, Class: t.class, known: t.known()}
	if a != actionPlan && a != actionVerify {
		asked.Operation = t.OperationID
	}
	return asked
}

// known returns what a hook may know of the secret's values.
func (t target) known() []string {
	value := t.Current.Reveal()
	if t.class == rotation.Single {
		value = t.current.Password.Reveal()
	}
	if !t.Admin.IsSet() {
		return []string{value}
	}
	return []string{value, strings.TrimPrefix(t.Admin.Reveal(), keyPrefix)}
}

// key returns the idempotency key of a request that changes something, and otherwise "". A
// repeated request has the same.
func (r request) key() string {
	switch r.Action {
	case actionApply, actionIssue:
		return r.Operation + "-" + string(r.Action)
	case actionRevoke: // one operation may revoke several
		sum := sha256.Sum256([]byte(r.ID))
		return r.Operation + "-" + string(r.Action) + "-" + hex.EncodeToString(sum[:8])
	}
	return ""
}

// id returns what identifies a request to its signature.
func (r request) id() string {
	if key := r.key(); key != "" {
		return key
	}
	return rand.Text()
}

// answer is what a hook answers.
type answer struct {
	Verdict  string         `json:"verdict"`
	Reason   string         `json:"reason"`
	Class    rotation.Class `json:"class"`    // plan
	Problems []string       `json:"problems"` // plan
	Warnings []string       `json:"warnings"` // plan
	ID       string         `json:"id"`       // issue
	Value    string         `json:"value"`    // issue
	IDs      []string       `json:"ids"`      // list
}

var verdicts = map[string]rotation.Verdict{"accepted": rotation.Accepted, "rejected": rotation.Rejected, "unknown": rotation.Unknown}
