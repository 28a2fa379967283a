package rotation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"rotunda/internal/secret"
)

// recordType is the content type of a record.
const recordType = "application/vnd.rotunda.rotation+json"

// content is the part of a record that never changes: the value of one version of the pending secret.
type content struct {
	Operation   string    `json:"op"`              // "" where there was none to begin, as the secret's tags are wrong
	Of          string    `json:"of"`              // the secret
	Base        string    `json:"base"`            // the version that is replaced
	Fingerprint string    `json:"fp"`              // of Plan.Identity
	Value       *string   `json:"value,omitempty"` // classes O, A, S and V
	Key         string    `json:"key,omitempty"`   // class K: which one is made anew
	KeyHash     string    `json:"keyHash,omitempty"`
	At          time.Time `json:"at"`
}

// record is what is written down of a secret's rotation, so that whoever comes next can go on.
type record struct {
	content
	progress
	version string // of the pending secret; "" if there is none
	id      string // the vault's
}

// pending is the value that the operation applies.
func (r record) pending() secret.Value {
	if r.Value == nil {
		return secret.Value{}
	}
	return secret.NewValue(*r.Value)
}

// changing is since when the provider may have changed.
func (r record) changing() time.Time {
	if r.state == Intent {
		return r.since
	}
	return r.At
}

// open tells whether an operation is under way.
func (r record) open() bool {
	return r.version != "" && r.Operation != "" && r.state != Closed && r.state != Abandoned
}

// readRecord gives the record of a secret, or a zero one. One that was soft-deleted is brought back: it may hold the only
// copy of a password.
func (e *Engine) readRecord(ctx context.Context, name string) (record, error) {
	pending := secret.PendingName(name)
	found, err := e.Vault.Get(ctx, pending, "")
	if status, _ := secret.RefusedWith(err); status == http.StatusNotFound {
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
		return record{}, Permanentf("The secret %s is not one of Rotunda's records, though it has the name of one. Move its content elsewhere, and purge it.", found.Name)
	}
	return r, nil
}

// writeRecord makes a new version of the record.
func (e *Engine) writeRecord(ctx context.Context, name string, r record) (record, error) {
	text, err := json.Marshal(r.content)
	if err != nil {
		return record{}, err
	}
	if len(text) > secret.MaxValueBytes {
		return record{}, Permanentf("The secret's value is too large to be kept on record while it is rotated: %d bytes, of %d.", len(text), secret.MaxValueBytes)
	}
	written, err := e.Vault.Set(ctx, secret.PendingName(name), secret.Draft{
		Value: secret.NewValue(string(text)), ContentType: new(recordType), Tags: r.tags(name),
	})
	r.version = written.Version
	return r, err
}

// note changes the record's progress.
func (e *Engine) note(ctx context.Context, r record) error {
	_, err := e.Vault.Update(ctx, secret.PendingName(r.Of), r.version, secret.Draft{Tags: r.tags(r.Of)})
	return err
}

func newOperation() string { return rand.Text() }

// hash shortens text to what tells it from others.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
