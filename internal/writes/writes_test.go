package writes_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/secret"
	"rotunda/internal/wire"
	"rotunda/internal/writes"
)

// vault holds one version. A read and a write each take a second.
type vault struct {
	mu      sync.Mutex
	version string
}

func (v *vault) Get(context.Context, string, string) (secret.Secret, error) {
	time.Sleep(time.Second)
	v.mu.Lock()
	defer v.mu.Unlock()
	return secret.Secret{Version: v.version}, nil
}

func (v *vault) set(version string) func(context.Context) (secret.Secret, error) {
	return func(context.Context) (secret.Secret, error) {
		time.Sleep(time.Second)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.version = version
		return secret.Secret{Version: version}, nil
	}
}

func (*vault) GetDeleted(context.Context, string) (secret.Secret, error) {
	return secret.Secret{}, &secret.Refusal{Status: http.StatusNotFound}
}

// free is for secrets that are not rotated.
type free struct{}

func (free) Redirects(map[string]string, map[string]string) bool { return false }

func (free) HoldRotation(ctx context.Context, _ string, _ map[string]string) (context.Context, func(), error) {
	return ctx, func() {}, nil
}

func ifMatch(t *testing.T, version string) wire.Condition {
	t.Helper()
	r := httptest.NewRequest(http.MethodPut, "/", nil)
	r.Header.Set("If-Match", `"`+version+`"`)
	condition, err := wire.ReadCondition(r)
	if err != nil {
		t.Fatal(err)
	}
	return condition
}

func TestAConditionHoldsUntilTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vault{version: "1"}
		guard := &writes.Guard{Secrets: v, Rotations: free{}}
		results := make([]error, 3)
		var writers sync.WaitGroup
		for i, write := range []writes.Write{
			{Name: "a", Condition: ifMatch(t, "1"), Run: v.set("2")},
			{Name: "A", Run: v.set("3")}, // names ignore case
			{Name: "a", Condition: ifMatch(t, "2"), Run: v.set("4")},
		} {
			writers.Go(func() { _, results[i] = guard.Do(t.Context(), write) })
			synctest.Wait() // so that they arrive in this order
		}
		writers.Wait()
		if results[0] != nil || results[1] != nil || !errors.Is(results[2], secret.ErrConditionNotMet) || v.version != "3" {
			t.Errorf("%v, version %s", results, v.version)
		}
	})
}

func TestWritesWithoutAConditionDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vault{}
		guard := &writes.Guard{Secrets: v, Rotations: free{}}
		began := time.Now()
		var writers sync.WaitGroup
		for range 10 {
			writers.Go(func() { _, _ = guard.Do(t.Context(), writes.Write{Name: "a", Run: v.set("2")}) })
		}
		writers.Go(func() { // nor do conditional writes of another name
			_, _ = guard.Do(t.Context(), writes.Write{Name: "b", Condition: ifMatch(t, "1"), Run: v.set("2")})
		})
		writers.Wait()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("they took %v", took)
		}
	})
}

func TestAWriterThatIsGoneDoesNotKeepItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vault{version: "1"}
		guard := &writes.Guard{Secrets: v, Rotations: free{}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var first sync.WaitGroup
		first.Go(func() { _, _ = guard.Do(t.Context(), writes.Write{Name: "a", Run: v.set("1")}) })
		synctest.Wait()
		if _, err := guard.Do(ctx, writes.Write{Name: "a", Condition: ifMatch(t, "1"), Run: v.set("2")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the end of its context", err)
		}
		first.Wait()
		if _, err := guard.Do(t.Context(), writes.Write{Name: "a", Condition: ifMatch(t, "1"), Run: v.set("3")}); err != nil {
			t.Error(err)
		}
	})
}

// lost is for secrets whose lock is lost during the write, after a rotation has changed the
// secret.
type lost struct{ before func() }

func (lost) Redirects(map[string]string, map[string]string) bool { return false }

func (l lost) HoldRotation(ctx context.Context, _ string, _ map[string]string) (context.Context, func(), error) {
	l.before()
	held, cancel := context.WithCancel(ctx)
	time.AfterFunc(1500*time.Millisecond, cancel)
	return held, func() {}, nil
}

func TestTheLockOfARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vault{version: "1"}
		guard := &writes.Guard{Secrets: v, Rotations: lost{func() { v.version = "rotated" }}}
		if _, err := guard.Do(t.Context(), writes.Write{Name: "a", Condition: ifMatch(t, "1"), Run: v.set("2")}); !errors.Is(err, secret.ErrConditionNotMet) {
			t.Errorf("a rotation ended before the lock was taken: %v", err)
		}
		v.version = "1"
		guard.Rotations = lost{func() {}}
		_, err := guard.Do(t.Context(), writes.Write{Name: "a", Condition: ifMatch(t, "1"), Run: func(ctx context.Context) (secret.Secret, error) {
			<-ctx.Done()
			return secret.Secret{}, ctx.Err()
		}})
		if !errors.Is(err, secret.ErrVaultTimeout) {
			t.Errorf("the lock was lost: %v", err)
		}
	})
}
