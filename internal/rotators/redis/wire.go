package redis

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strconv"

	"github.com/redis/go-redis/v9"

	"rotunda/internal/rotators/bounded"
)

// dial returns a dialer whose connections are checked before the client reads them.
func (s server) dial(secure *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := bounded.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if secure != nil {
			encrypted := tls.Client(conn, secure)
			if err := encrypted.HandshakeContext(ctx); err != nil {
				_ = conn.Close()
				return nil, err
			}
			conn = encrypted
		}
		return bounded.Checked(conn, new(replies).check), nil
	}
}

// maxElements is how many elements the arrays of one connection may claim to have.
const maxElements = 4096

// replies checks what a server sends. The client allocates the lengths that a reply claims.
// Version 2 of the protocol has five kinds of reply ("Redis serialization protocol
// specification").
type replies struct {
	line     []byte // what there is of the line that is being read
	text     int    // how many bytes of a text are still to come
	elements int
}

func (r *replies) check(data []byte) error {
	for len(data) > 0 {
		if r.text > 0 {
			n := min(r.text, len(data))
			r.text, data = r.text-n, data[n:]
			continue
		}
		end := bytes.IndexByte(data, '\n') + 1
		if end == 0 {
			r.line = append(r.line, data...) // up to bounded.MaxBytes
			return nil
		}
		line := append(r.line, data[:end]...)
		r.line, data = nil, data[end:]
		if !r.checkLine(line) {
			return bounded.ErrUnexpected
		}
	}
	return nil
}

func (r *replies) checkLine(line []byte) bool {
	said, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok || len(said) == 0 {
		return false
	}
	switch said[0] {
	case '+', '-', ':':
		return true
	case '$', '*':
		return r.checkLength(said[0] == '*', string(said[1:]))
	}
	return false
}

func (r *replies) checkLength(isArray bool, text string) bool {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < -1:
		return false
	case isArray:
		r.elements += min(max(n, 0), maxElements) + 1
		return n <= maxElements && r.elements <= maxElements
	case n >= 0:
		r.text = n + len("\r\n")
	}
	return n <= bounded.MaxMessage
}

// guard is a hook that keeps the client from panicking.
type guard struct{}

var _ redis.Hook = guard{}

// DialHook implements redis.Hook.
func (guard) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (guard) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) (err error) {
		defer func() {
			if err != nil && cmd.Err() == nil {
				cmd.SetErr(err)
			}
		}()
		defer bounded.Recover(&err)
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements redis.Hook.
func (guard) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) (err error) {
		defer bounded.Recover(&err)
		return next(ctx, cmds)
	}
}
