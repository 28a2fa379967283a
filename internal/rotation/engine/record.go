package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// recordType is the content type of a record.
const recordType = "application/vnd.rotunda.rotation+json"

// content is the part of a record that never changes: the value of one version of the pending
// secret.
type content struct {
	Operation   string         `json:"op"`              // "" if none could begin, as the secret's tags are wrong
	Of          string         `json:"of"`              // the secret
	Base        string         `json:"base"`            // the version that is replaced
	Fingerprint string         `json:"fp"`              // of Plan.Identity
	Value       *string        `json:"value,omitempty"` // classes O, A, S and V: see encode
	Key         string         `json:"key,omitempty"`   // class K: which one is regenerated
	KeyHash     string         `json:"keyHash,omitempty"`
	Class       rotation.Class `json:"class,omitempty"`
	At          time.Time      `json:"at"`
}

// record is what is written down about a secret's rotation, so that any worker can go on with it.
type record struct {
	content
	progress
	version string // of the pending secret; "" if there is none
	id      string // the vault's
	text    string // hash of the value as the vault has it
}

// pending returns the value that the operation applies.
func (c content) pending() secret.Value {
	if c.Value == nil {
		return secret.Value{}
	}
	return secret.NewValue(*c.Value)
}

// changing returns since when the provider may have changed.
func (r record) changing() time.Time {
	if r.state == rotation.Intent {
		return r.since
	}
	return r.At
}

// wasRotated reports whether the secret has opted in, as far as the record tells.
func (r record) wasRotated() bool {
	return r.version != "" && r.Operation != "" && r.state != rotation.None
}

// open reports whether an operation is under way.
func (r record) open() bool {
	return r.version != "" && r.Operation != "" && r.state != rotation.Closed && r.state != rotation.Abandoned && r.state != rotation.None
}

// readRecord returns the record of a secret, or a zero one. A soft-deleted record is recovered
// (R14): it may hold the only copy of a password.
func (e *Engine) readRecord(ctx context.Context, name string) (record, error) {
	pending := secret.PendingName(name)
	found, err := e.Vault.Get(ctx, pending, "")
	if secret.IsMissing(err) {
		if revived, err := e.revive(ctx, pending); !revived || err != nil {
			return record{}, err
		}
		found, err = e.Vault.Get(ctx, pending, "")
	}
	if err != nil {
		return record{}, err
	}
	return parseRecord(found)
}

func (e *Engine) revive(ctx context.Context, pending string) (bool, error) {
	_, err := e.Vault.GetDeleted(ctx, pending)
	switch status, _ := secret.RefusedWith(err); {
	case status == http.StatusNotFound:
		return false, nil
	case err != nil && status != http.StatusForbidden: // 403: deleted and disabled
		return false, err
	}
	if _, err := e.Vault.Recover(ctx, pending); err != nil {
		return false, err
	}
	return true, e.Vault.AwaitRecovered(ctx, pending)
}

// errNotARecord is a fault that must not lead to a write: the name of the record is taken.
type errNotARecord struct{ *rotation.Fault }

func (e errNotARecord) Unwrap() error { return e.Fault }

// parseRecord reads what the vault has under a record's name.
func parseRecord(found secret.Secret) (record, error) {
	r := record{version: found.Version, id: found.ID, progress: parseProgress(found.Tags), text: hash(found.Value.Reveal())}
	if found.ContentType == nil || *found.ContentType != recordType || !r.decode(found.Value.Reveal()) || !strings.EqualFold(secret.PendingName(r.Of), found.Name) {
		return record{}, errNotARecord{rotation.Permanentf("The secret %s has the name of one of Rotunda's records and is not one. "+
			"Nothing was changed. Move its content elsewhere, then delete and purge it.", found.Name)}
	}
	return r, nil
}

// encode returns the text of a record: a line of JSON, and the new value as it is. Within JSON,
// its escapes could make a value that the vault can hold too large for the record.
func (c content) encode() (string, error) {
	head := c
	head.Value = nil
	line, err := json.Marshal(head)
	if err != nil || c.Value == nil {
		return string(line), err
	}
	return string(line) + "\n" + *c.Value, nil
}

// decode reads the text of a record. Records of the first releases have the value within the JSON.
func (c *content) decode(text string) bool {
	line, value, found := strings.Cut(text, "\n")
	if json.Unmarshal([]byte(line), c) != nil {
		return false
	}
	if found {
		c.Value = &value
	}
	return true
}

// writeRecord writes a new version of the record, after the note that proves that it is the app's.
func (e *Engine) writeRecord(ctx context.Context, name string, r record) (record, error) {
	text, err := r.encode()
	if err != nil {
		return record{}, err
	}
	r.text = hash(text)
	if r.Operation != "" {
		if err := e.Locks.WriteNote(ctx, noteOf(r.Operation), r.text); err != nil {
			return record{}, err
		}
	}
	written, err := e.Vault.Set(ctx, secret.PendingName(name), secret.Draft{
		Value: secret.NewValue(text), ContentType: new(recordType), Tags: r.tags(name),
	})
	r.version = written.Version
	return r, err
}

// update writes the record's progress.
func (e *Engine) update(ctx context.Context, r record) error {
	_, err := e.Vault.Update(ctx, secret.PendingName(r.Of), r.version, secret.Draft{Tags: r.tags(r.Of)})
	return err
}

// enter writes that the record is in another state.
func (a *attempt) enter(ctx context.Context, state rotation.State, reason string) error {
	changed := a.record
	changed.state, changed.since, changed.reason = state, time.Now().UTC(), reason
	changed.tries, changed.next, changed.failing, changed.stuck = 0, time.Time{}, time.Time{}, false
	if isLast := state == rotation.Closed || state == rotation.Abandoned || state == rotation.None; isLast && a.decision.step != closing {
		// What others have yet to do would be left undone.
		if err := a.fenceRecord(ctx); err != nil {
			return err
		}
	}
	if err := a.update(ctx, changed); err != nil {
		return err
	}
	a.record = changed
	return nil
}

// hide disables an older record: its value may still log in for a while. Nothing depends on it, so
// a failure is ignored.
func (a *attempt) hide(ctx context.Context, older record) {
	if older.version != "" {
		_, _ = a.Vault.Update(ctx, secret.PendingName(a.latest.Name), older.version, secret.Draft{Enabled: new(false)})
	}
}

func newOperation() string { return rand.Text() }

// hash returns a fingerprint of text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
