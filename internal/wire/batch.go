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

// batchBody is the body of a batch request. An item is decoded on its own, because each succeeds
// or fails on its own.
type batchBody[Item any] struct {
	Secrets []Item `json:"secrets"`
}

// batchItem is an item as the caller sends it.
type batchItem struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ReadBatch reads {"secrets":[{"name","version"?},...]}. Its result includes the invalid items.
func ReadBatch(w http.ResponseWriter, r *http.Request) ([]BatchItem, error) {
	var body batchBody[json.RawMessage]
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
	var sent batchItem
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
