package wire

import (
	"bytes"
	"encoding/json"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// MaxBatch is the largest number of secrets in a batch.
const MaxBatch = 200

// BatchItem is one requested secret. Err is not nil if the item is invalid.
type BatchItem struct {
	Name    string
	Version string
	Err     error
}

// ReadBatch reads {"secrets":[{"name","version"?},...]}. Its result includes the invalid items.
func ReadBatch(w http.ResponseWriter, r *http.Request) ([]BatchItem, error) {
	var body struct {
		Secrets []json.RawMessage `json:"secrets"`
	}
	if err := decode(w, r, &body); err != nil {
		return nil, err
	}
	if len(body.Secrets) == 0 || len(body.Secrets) > MaxBatch {
		return nil, badBody(`"secrets" must list 1 to %d secrets, each as {"name":"...","version":"..."}, but lists %d`, MaxBatch, len(body.Secrets))
	}
	items := make([]BatchItem, len(body.Secrets))
	for i, raw := range body.Secrets {
		items[i] = readItem(raw)
	}
	return items, nil
}

func readItem(raw json.RawMessage) BatchItem {
	var sent struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		return BatchItem{Err: explain(raw, err)}
	}
	item := BatchItem{Name: sent.Name, Version: sent.Version}
	if _, item.Err = ParseName(sent.Name); item.Err == nil {
		_, item.Err = secret.ParseVersion(sent.Version)
	}
	return item
}

// BatchAnswer is the result for one item: a reading or an error.
type BatchAnswer struct {
	Item    BatchItem
	Reading Reading
	Err     error
}

// WriteBatch responds 200 with {"value":[...]}. Each entry has the item's name and version as
// requested, a status, and the secret or an error in Key Vault's format.
func WriteBatch(w http.ResponseWriter, answers []BatchAnswer) error {
	type entry struct {
		Name    string          `json:"name"`
		Version string          `json:"version,omitempty"`
		Status  int             `json:"status"`
		Age     int             `json:"age,omitempty"`
		Stale   bool            `json:"stale,omitempty"`
		Secret  json.RawMessage `json:"secret,omitempty"`
		Error   any             `json:"error,omitempty"`
	}
	entries := make([]entry, len(answers))
	for i, a := range answers {
		entries[i] = entry{Name: a.Item.Name, Version: a.Item.Version, Status: http.StatusOK}
		if a.Err != nil {
			failure := apierror.For(a.Err)
			entries[i].Status, entries[i].Error = failure.Status, failure.Shape()
			continue
		}
		entries[i].Secret, entries[i].Age, entries[i].Stale = a.Reading.JSON(), int(a.Reading.Age.Seconds()), a.Reading.Stale
	}
	return WriteJSON(w, http.StatusOK, map[string]any{"value": entries})
}
