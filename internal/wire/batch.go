package wire

import (
	"bytes"
	"encoding/json"
	"net/http"

	"rotunda/internal/apierror"
	"rotunda/internal/secret"
)

// MaxBatch is how many secrets a batch may ask for.
const MaxBatch = 200

// BatchItem is one secret asked for. Err says what is wrong with it.
type BatchItem struct {
	Name    string
	Version string
	Err     error
}

// ReadBatch reads {"secrets":[{"name","version"?},...]}. A bad item is among the good ones.
func ReadBatch(w http.ResponseWriter, r *http.Request) ([]BatchItem, error) {
	var body struct {
		Secrets []json.RawMessage `json:"secrets"`
	}
	if err := CheckAPIVersion(r); err != nil {
		return nil, err
	}
	if err := decode(w, r, &body); err != nil {
		return nil, err
	}
	if len(body.Secrets) == 0 || len(body.Secrets) > MaxBatch {
		return nil, badBody(`it asks for %d secrets; "secrets" must list 1 to %d, each as {"name":"...","version":"..."}`, len(body.Secrets), MaxBatch)
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
		return BatchItem{Err: explain(err)}
	}
	item := BatchItem{Name: sent.Name, Version: sent.Version}
	if _, item.Err = ParseName(sent.Name); item.Err == nil {
		_, item.Err = secret.ParseVersion(sent.Version)
	}
	return item
}

// BatchAnswer is what became of an item: a reading, or a failure.
type BatchAnswer struct {
	Item    BatchItem
	Reading Reading
	Err     error
}

// WriteBatch answers 200 with {"value":[...]}, an entry per item: its name and version as they were
// asked for, a status, and the secret or Key Vault's error.
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
