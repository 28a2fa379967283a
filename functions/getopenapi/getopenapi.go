// Package getopenapi serves the description of the API. It says nothing about the vault, its
// secrets or this app's settings, so everybody may read it.
package getopenapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"rotunda/internal/wire"
)

// Handler serves GET openapi.json: document, or 304 if the caller has it. The response is the same
// for everyone. Unlike the app's other responses it may be stored, and then the caller asks
// whether it is still current.
func Handler(document []byte) http.Handler {
	version := sync.OnceValue(func() string {
		sum := sha256.Sum256(document)
		return hex.EncodeToString(sum[:16])
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", `"`+version()+`"`)
		if wire.HasVersion(r, version()) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Content-Type", "application/json; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(len(document)))
		for piece := range slices.Chunk(document, pieceBytes) {
			if _, err := w.Write(piece); err != nil {
				return // the caller is gone, and nobody is left to report to
			}
		}
	})
}

// pieceBytes is how much of the document is written at once. What is being written counts as held,
// and anybody may begin to read the document and stop. All of the handler's connections together
// must leave room for others.
const pieceBytes = 4 << 10
