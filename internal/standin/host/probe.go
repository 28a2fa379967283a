package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	probeInterval = 25 * time.Millisecond
	cleanExit     = 0
	restartExit   = 200 // the handler asks to be restarted
)

// prober finds out when the handler responds.
type prober struct {
	url       string
	timeout   time.Duration
	transport *http.Transport
}

// await sends GET / until there is a response. A failure to connect means not yet; any other
// outcome means ready. It ends early if the handler exits with a code that is an error or asks for
// a restart.
//
// Source: Workers/Http/DefaultHttpWorkerService.cs (IsWorkerReady). The real host counts only the
// pauses against the timeout.
func (p *prober) await(ctx context.Context, handler *process) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	pause := time.NewTicker(probeInterval)
	defer pause.Stop()
	exited := handler.exited
	for !p.responds(ctx) {
		select {
		case <-pause.C:
		case <-exited:
			if err := earlyEnd(handler); err != nil {
				return err
			}
			exited = nil
		case <-handler.condemned:
			return errReplaced
		case <-ctx.Done():
			return p.gaveUp(ctx)
		}
	}
	return nil
}

func (p *prober) gaveUp(ctx context.Context) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	return fmt.Errorf("the handler did not respond to GET / within %v: it must listen on 127.0.0.1 at the port in FUNCTIONS_CUSTOMHANDLER_PORT", p.timeout)
}

// earlyEnd returns what a process failed with that ended before it responded. Code 0 is not an
// error to the host, which continues to probe.
func earlyEnd(handler *process) error {
	switch code := handler.exitCode(); code {
	case cleanExit:
		return nil
	case restartExit:
		return errReplaced
	default:
		return fmt.Errorf("the handler ended before it responded to GET /: %v", handler.cmd.ProcessState)
	}
}

func (p *prober) responds(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return false
	}
	response, err := p.transport.RoundTrip(request)
	if err == nil {
		return response.Body.Close() == nil
	}
	failure, isNetwork := errors.AsType[*net.OpError](err)
	return ctx.Err() == nil && (!isNetwork || failure.Op != "dial")
}
