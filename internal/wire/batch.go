package wire

import (
	"bytes"
	"encoding/json"
	"net/http"

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
