package wire

import (
	"encoding/json"
	"net/http"

	"rotunda/internal/apierror"
)

// BatchWriter responds 200 with {"value":[...]}, one entry at a time, so that a large response
// never lies in memory as a whole. Each entry has the item's name and version as requested, a
// status, and the secret or an error in Key Vault's format.
type BatchWriter struct {
	w     http.ResponseWriter
	begun bool
	err   error // of the first write that failed
}

// NewBatchWriter returns a BatchWriter. Close ends the response.
func NewBatchWriter(w http.ResponseWriter) *BatchWriter {
	w.Header()["Content-Type"] = jsonType
	return &BatchWriter{w: w}
}

// batchEntry is an entry without its secret.
type batchEntry struct {
	Name    string          `json:"name"`
	Version string          `json:"version,omitempty"`
	Status  int             `json:"status"`
	Age     int             `json:"age,omitempty"`
	Stale   bool            `json:"stale,omitempty"`
	Error   *apierror.Shape `json:"error,omitempty"`
}

// batchResult is an entry as the caller sees it.
type batchResult struct {
	batchEntry
	Secret *bundle `json:"secret,omitempty"`
}

// Write writes the entry of an item: its reading or, if err is not nil, the error. It returns an
// error if the caller is gone.
func (b *BatchWriter) Write(item BatchItem, reading Reading, err error) error {
	entry := batchEntry{Name: item.Name, Version: item.Version, Status: http.StatusOK}
	if err != nil {
		failure := apierror.For(err)
		entry.Status, entry.Error = failure.Status, new(failure.Shape())
	} else {
		entry.Age, entry.Stale = int(reading.Age.Seconds()), reading.Stale
	}
	text, encodeErr := marshal(entry)
	if encodeErr != nil {
		return encodeErr
	}
	b.separate()
	if err != nil {
		b.write(text)
		return b.err
	}
	b.write(append(text[:len(text)-len("}")], `,"secret":`...))
	b.write(reading.JSON())
	b.write([]byte("}"))
	return b.err
}

// separate writes what precedes an entry.
func (b *BatchWriter) separate() {
	if b.begun {
		b.write([]byte(","))
		return
	}
	b.begun = true
	b.write([]byte(`{"value":[`))
}

// Close ends the response.
func (b *BatchWriter) Close() { b.write([]byte("]}")) }

func (b *BatchWriter) write(text json.RawMessage) {
	if b.err == nil {
		_, b.err = b.w.Write(text)
	}
}
