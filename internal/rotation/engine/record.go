package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// recordType is the content type of a record.
const recordType = "application/vnd.rotunda.rotation+json"

// content is the part of a record that never changes: the value of one version of the pending
// secret.
type content struct {
	Operation   string    `json:"op"`              // "" if none could begin, as the secret's tags are wrong
	Of          string    `json:"of"`              // the secret
	Base        string    `json:"base"`            // the version that is replaced
	Fingerprint string    `json:"fp"`              // of Plan.Identity
	Value       *string   `json:"value,omitempty"` // classes O, A, S and V
	Key         string    `json:"key,omitempty"`   // class K: which one is regenerated
	KeyHash     string    `json:"keyHash,omitempty"`
	At          time.Time `json:"at"`
}

// record is what is written down about a secret's rotation, so that any worker can go on with it.
type record struct {
	content
	progress
	version string // of the pending secret; "" if there is none
	id      string // the vault's
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

// open reports whether an operation is under way.
func (r record) open() bool {
	return r.version != "" && r.Operation != "" && r.state != rotation.Closed && r.state != rotation.Abandoned
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

func parseRecord(found secret.Secret) (record, error) {
	r := record{version: found.Version, id: found.ID, progress: parseProgress(found.Tags)}
	if json.Unmarshal([]byte(found.Value.Reveal()), &r.content) != nil {
		return record{}, rotation.Permanentf("The secret %s has the name of one of Rotunda's records and is not one. Move its content elsewhere, then delete and purge it.", found.Name)
	}
	return r, nil
}

// writeRecord writes a new version of the record.
func (e *Engine) writeRecord(ctx context.Context, name string, r record) (record, error) {
	text, err := json.Marshal(r.content)
	if err != nil {
		return record{}, err
	}
	if len(text) > secret.MaxValueBytes {
		return record{}, rotation.Permanentf("The secret's value is too large for the record of its rotation: %d bytes of at most %d.", len(text), secret.MaxValueBytes)
	}
	written, err := e.Vault.Set(ctx, secret.PendingName(name), secret.Draft{
		Value: secret.NewValue(string(text)), ContentType: new(recordType), Tags: r.tags(name),
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
	changed.state, changed.since, changed.reason, changed.tries, changed.next = state, time.Now().UTC(), reason, 0, time.Time{}
	if err := a.update(ctx, changed); err != nil {
		return err
	}
	a.record = changed
	return nil
}

// hide disables an older record: its value may still log in for a while. It is a courtesy, so a
// failure is ignored.
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
