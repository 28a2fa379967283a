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
	cleanExit     = 0   // the handler is done
	restartExit   = 200 // the handler wants to be started again
)

// prober finds out when the handler answers.
type prober struct {
	url     string
	timeout time.Duration
	client  http.Client
}

// await asks GET / until anything is answered. A failure to connect means not yet; any other outcome means ready.
// It ends early if the handler exits with a code that is an error or asks for a restart.
//
// Source: Workers/Http/DefaultHttpWorkerService.cs (IsWorkerReady). The real host counts only the pauses as time.
func (p *prober) await(ctx context.Context, handler *process) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	pause := time.NewTicker(probeInterval)
	defer pause.Stop()
	exited := handler.exited
	for !p.answers(ctx) {
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
	return fmt.Errorf("the handler did not answer GET / within %v: it must listen on 127.0.0.1 at the port in FUNCTIONS_CUSTOMHANDLER_PORT", p.timeout)
}

// earlyEnd judges a process that ended before it answered. Code 0 is no error to the host: it goes on asking.
func earlyEnd(handler *process) error {
	switch code := handler.exitCode(); code {
	case cleanExit:
		return nil
	case restartExit:
		return errReplaced
	default:
		return fmt.Errorf("the handler ended before it answered GET /: %v", handler.cmd.ProcessState)
	}
}

func (p *prober) answers(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return false
	}
	response, err := p.client.Do(request)
	if err == nil {
		return response.Body.Close() == nil
	}
	failure, isNetwork := errors.AsType[*net.OpError](err)
	return ctx.Err() == nil && (!isNetwork || failure.Op != "dial")
}
