package lease_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
)

func TestTheFirstLockCreatesWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := empty()
		blob := worker(t, account, token{})
		for _, row := range []struct {
			name string
			want []string
		}{
			{"Db", []string{"acquire", "make /rotunda/rot/contoso/db", "make /rotunda", "make /rotunda/rot/contoso/db", "acquire", "release"}},
			{"db", []string{"acquire", "release"}},
			{"other", []string{"acquire", "make /rotunda/rot/contoso/other", "acquire", "release"}},
		} {
			_, release := lock(t, blob, row.name)
			release()
			if diff := cmp.Diff(row.want, account.called()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.name, diff)
			}
		}
	})
}

func TestALeaseIsKeptUntilRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := empty()
		one, other := worker(t, account, token{}), worker(t, account, token{})
		held, release := lock(t, one, "db")
		<-time.After(10 * time.Minute)
		if _, _, err := other.Lock(t.Context(), "DB"); !errors.Is(err, rotation.ErrLocked) || held.Err() != nil {
			t.Errorf("after ten minutes: %v, held %v", err, context.Cause(held))
		}
		release()
		release() // once more is harmless
		if held.Err() == nil || errors.Is(context.Cause(held), rotation.ErrLockLost) {
			t.Errorf("after release held is %v", context.Cause(held))
		}
		_, release = lock(t, other, "db")
		release()
	})
}

func TestALeaseIsKeptAndReleasedThoughTheCallerIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := empty()
		one, other := worker(t, account, token{}), worker(t, account, token{})
		ctx, cancel := context.WithCancel(t.Context())
		held, release, err := one.Lock(ctx, "db")
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		<-time.After(2 * time.Minute)
		if _, _, err := other.Lock(t.Context(), "db"); !errors.Is(err, rotation.ErrLocked) || !errors.Is(context.Cause(held), context.Canceled) {
			t.Errorf("before release: %v, held %v", err, context.Cause(held))
		}
		release()
		_, release = lock(t, other, "db")
		release()
	})
}

func TestALostLeaseEndsHeldAtOnce(t *testing.T) {
	for name, fault := range map[string]fault{
		"SomebodyElseHasIt": always(409, "LeaseIdMismatchWithLeaseOperation"),
		"Broken":            always(409, "LeaseIsBrokenAndCannotBeRenewed"),
		"Lost":              always(412, "LeaseLost"),
		"BlobDeleted":       always(404, "BlobNotFound"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { lost(t, fault, 0, 20*time.Second) })
		})
	}
}

func TestHeldEndsWellBeforeALeaseThatCannotBeRenewed(t *testing.T) {
	for name, fault := range map[string]fault{
		"Refused": refused, "Silent": silent, "Busy": always(503, "ServerBusy"), "AProxysConflict": always(409, ""), "NotAllowed": always(403, "AuthorizationFailure"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { freeIn15s(t, lost(t, fault, 0, 45*time.Second)) })
		})
		t.Run(name+"AfterARenewal", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { freeIn15s(t, lost(t, fault, 30*time.Second, 65*time.Second)) })
		})
	}
}

// lost checks when held ends if the account begins to fail after a while.
func lost(t *testing.T, fault fault, from, want time.Duration) *storage {
	t.Helper()
	account, began := empty(), time.Now()
	held, release := lock(t, worker(t, account, token{}), "db")
	t.Cleanup(release)
	<-time.After(from)
	account.set(fault)
	<-held.Done()
	if got := time.Since(began); got != want || !errors.Is(context.Cause(held), rotation.ErrLockLost) {
		t.Errorf("held ended after %v with %v, want %v", got, context.Cause(held), want)
	}
	account.set(nil)
	return account
}

// freeIn15s checks that another worker gets the lock after 15 s.
func freeIn15s(t *testing.T, account *storage) {
	t.Helper()
	<-time.After(15*time.Second - time.Nanosecond)
	if _, _, err := worker(t, account, token{}).Lock(t.Context(), "db"); !errors.Is(err, rotation.ErrLocked) {
		t.Errorf("another worker: %v", err)
	}
	<-time.After(time.Nanosecond)
	_, release := lock(t, worker(t, account, token{}), "db")
	release()
}

func TestAShortOutageLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := empty()
		held, release := lock(t, worker(t, account, token{}), "db")
		defer release()
		account.set(silent)
		<-time.After(35 * time.Second)
		account.set(nil)
		<-time.After(5 * time.Minute)
		if held.Err() != nil {
			t.Errorf("held ended with %v", context.Cause(held))
		}
	})
}

func TestTheLossIsCountedFromBeforeTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account, began := empty(), time.Now()
		account.set(slow)
		held, release := lock(t, worker(t, account, token{}), "db") // in four calls
		defer release()
		account.set(silent)
		<-held.Done()
		if got := time.Since(began); got != 4*3*time.Second+45*time.Second {
			t.Errorf("held ended after %v", got)
		}
	})
}

func TestReleaseIsBestEffort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := empty()
		_, release := lock(t, worker(t, account, token{}), "db")
		account.set(silent)
		<-time.After(21 * time.Second) // in the middle of a renewal
		began := time.Now()
		release()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("release took %v", took)
		}
		account.called()
		<-time.After(time.Minute)
		if called := account.called(); len(called) > 0 {
			t.Errorf("after release: %v", called)
		}
	})
}

func TestErrorsAreInOurWords(t *testing.T) {
	for _, row := range []struct {
		fault      fault
		credential token
		want       string
	}{
		{refused, token{}, "can't be reached"},
		{silent, token{}, "did not answer in time"},
		{always(403, "AuthorizationPermissionMismatch"), token{}, "Storage Blob Data Contributor"},
		{always(403, "AuthorizationFailure"), token{}, "Check its firewall"},
		{always(401, "InvalidAuthenticationInfo"), token{}, "the app's token"},
		{always(500, "Bearer "+canary), token{}, "answered 500 (without a code)"},
		{always(409, "ContainerBeingDeleted"), token{}, "answered 409 (ContainerBeingDeleted)"},
		{always(400, "InvalidInput"), token{}, "answered 400 (InvalidInput)"},
		{nil, token{errors.New("the endpoint said " + canary)}, "no token"},
	} {
		t.Run(row.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				account := empty()
				account.set(row.fault)
				_, _, err := worker(t, account, row.credential).Lock(t.Context(), "db")
				fault, ok := errors.AsType[*rotation.Fault](err)
				if !ok || fault.Permanent || !strings.Contains(fault.Reason, row.want) || strings.Contains(err.Error(), canary) {
					t.Errorf("%v, want %q", err, row.want)
				}
			})
		})
	}
}

func TestLockEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := empty()
		account.set(silent)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := worker(t, account, token{}).Lock(ctx, "db"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestNewBlobRefusesWhatCannotWork(t *testing.T) {
	good := lease.BlobOptions{ServiceURL: "https://contoso.blob.core.windows.net/", Credential: token{}, Transport: http.DefaultClient, Vault: "contoso"}
	for name, spoil := range map[string]func(*lease.BlobOptions){
		"no TLS": func(o *lease.BlobOptions) { o.ServiceURL = "http://contoso.blob.core.windows.net" },
		"no URL": func(o *lease.BlobOptions) { o.ServiceURL = "" }, "no host": func(o *lease.BlobOptions) { o.ServiceURL = "https://" },
		"no credential": func(o *lease.BlobOptions) { o.Credential = nil }, "no transport": func(o *lease.BlobOptions) { o.Transport = nil },
		"no vault": func(o *lease.BlobOptions) { o.Vault = "" },
	} {
		bad := good
		spoil(&bad)
		if _, err := lease.NewBlob(bad); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := lease.NewBlob(good); err != nil {
		t.Error(err)
	}
}
