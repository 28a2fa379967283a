package health_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/functions/health"
	"rotunda/internal/secret"
	"rotunda/internal/version"
)

// lister answers a list as the vault would.
type lister struct {
	calls      atomic.Int64
	answer     func(context.Context) error
	lacksToken bool
}

func (l *lister) LacksToken() bool { return l.lacksToken }

func (l *lister) List(ctx context.Context, _ secret.Query) (secret.Page, error) {
	l.calls.Add(1)
	return secret.Page{}, l.answer(ctx)
}

func status(handler http.Handler) int {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/health", nil))
	return w.Code
}

// The function is anonymous, so no rate of requests may cause more than a call per second.
func TestReportsAreReused(t *testing.T) {
	for name, row := range map[string]struct {
		err    error
		status int
		calls  int64 // in ten seconds
	}{
		"good": {nil, http.StatusOK, 2},
		"bad":  {&secret.Refusal{Status: http.StatusTooManyRequests}, http.StatusServiceUnavailable, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vault := &lister{answer: func(context.Context) error { return row.err }}
				handler := health.Handler(vault)
				for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
					if got := status(handler); got != row.status {
						t.Fatalf("status %d, want %d", got, row.status)
					}
				}
				if got := vault.calls.Load(); got != row.calls {
					t.Errorf("%d calls, want %d", got, row.calls)
				}
			})
		})
	}
}

func TestRespondsWithinTwoSecondsWhileTheVaultHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vault := &lister{answer: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		handler := health.Handler(vault)
		var callers sync.WaitGroup
		for i := range 100 {
			callers.Go(func() {
				time.Sleep(time.Duration(i) * 50 * time.Millisecond)
				began := time.Now()
				if got := status(handler); got != http.StatusServiceUnavailable || time.Since(began) > 2*time.Second {
					t.Errorf("status %d after %s", got, time.Since(began))
				}
			})
		}
		callers.Wait()
		if got := vault.calls.Load(); got != 1 {
			t.Errorf("%d calls, want the one that hangs", got)
		}
		time.Sleep(10 * time.Second) // the check ends
	})
}

// The result of a check that took too long counts all the same.
func TestALateResultCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vault := &lister{answer: func(context.Context) error { time.Sleep(3 * time.Second); return nil }}
		handler := health.Handler(vault)
		if got := status(handler); got != http.StatusServiceUnavailable {
			t.Errorf("while the vault hangs: %d", got)
		}
		time.Sleep(2 * time.Second)
		if got := status(handler); got != http.StatusOK || vault.calls.Load() != 1 {
			t.Errorf("after its answer: %d, by %d calls", got, vault.calls.Load())
		}
	})
}

func TestAPanicIsABadReport(t *testing.T) {
	handler := health.Handler(&lister{answer: func(context.Context) error { panic(errors.New("canary")) }})
	if got := status(handler); got != http.StatusServiceUnavailable {
		t.Errorf("status %d", got)
	}
}

// An identity endpoint that fails may need longer to say so than a caller waits. That the latest
// request for a token failed is known at once.
func TestALateCheckNamesTheIdentityThatFailed(t *testing.T) {
	for lacksToken, want := range map[bool]string{
		true:  `{"status":"unavailable","vault":"unreachable","identity":"unavailable"}`,
		false: `{"status":"unavailable","vault":"unreachable","identity":"unknown"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			vault := &lister{lacksToken: lacksToken, answer: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
			w := httptest.NewRecorder()
			health.Handler(vault).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/health", nil))
			if got := w.Body.String(); got != strings.TrimSuffix(want, "}")+`,"version":"`+version.String()+`"}` {
				t.Errorf("lacks a token: %v: %s", lacksToken, got)
			}
			time.Sleep(10 * time.Second) // the check ends
		})
	}
}
