package azfunc

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"rotunda/internal/budget"
)

// limits bound what the callers of all functions together can make the process hold in memory. A
// response of up to smallResponse bytes is not counted, so there is always room for an error. No
// caller can take all the room.
type limits struct {
	received *budget.Bytes // bodies of requests that are being handled
	sending  *budget.Bytes // parts of large responses that callers have yet to read
}

const (
	maxReceived   = 32 << 20
	maxSending    = 32 << 20
	smallResponse = 16 << 10
)

func newLimits() *limits {
	return &limits{received: budget.NewBytes(maxReceived), sending: budget.NewBytes(maxSending)}
}

// A caller must take each piece of a large response within pieceTime, and all of it within
// responseTime of its first byte.
const (
	pieceBytes   = 64 << 10
	pieceTime    = 10 * time.Second
	responseTime = time.Minute
)

// writeLarge writes a part of a large response. If there is no room for it, the response is 503,
// or is broken off if it has begun.
func (a *answer) writeLarge(text []byte) (int, error) {
	of := a.share()
	if !a.limits.sending.Take(of, len(text)) {
		return a.refuse(len(text))
	}
	defer a.limits.sending.Return(of, len(text))
	if a.send(); a.dropped {
		return len(text), nil
	}
	if a.mustEnd.IsZero() {
		a.mustEnd = time.Now().Add(responseTime)
	}
	written := 0
	for written < len(text) {
		n, err := a.writePiece(text[written:min(written+pieceBytes, len(text))])
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

func (a *answer) writePiece(piece []byte) (int, error) {
	end := time.Now().Add(pieceTime)
	if a.mustEnd.Before(end) {
		end = a.mustEnd
	}
	_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(end) // a test's recorder has none
	n, err := a.ResponseWriter.Write(piece)
	if err != nil {
		a.cut = true
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.err = fmt.Errorf("the caller reads the response too slowly: %w", err)
	}
	return n, err
}

// refuse responds 503 if nothing was sent. It returns an error if something was.
func (a *answer) refuse(n int) (int, error) {
	busy := budget.Busy()
	if a.sent {
		a.cut, a.err = true, busy
		return 0, busy
	}
	a.replace(busy)
	return n, nil
}
