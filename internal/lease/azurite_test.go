package lease_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	azlease "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"rotunda/internal/lease"
	"rotunda/internal/rotation"
	"rotunda/internal/testserver"
)

// TestAzurite runs Blob against Microsoft's emulator.
func TestAzurite(t *testing.T) {
	azurite := testserver.StartAzurite(t, "azurite")
	worker := func(container string) *lease.Blob {
		blob, err := lease.NewBlob(lease.BlobOptions{ServiceURL: azurite.URL, Container: container, Credential: azurite.Credential(), Transport: azurite.Client, Vault: "contoso"})
		if err != nil {
			t.Fatal(err)
		}
		return blob
	}
	t.Run("OneAtATime", func(t *testing.T) {
		one, other := worker("one"), worker("one")
		_, release := lock(t, one, "Db")
		if _, _, err := other.Lock(t.Context(), "db"); !errors.Is(err, rotation.ErrLocked) {
			t.Errorf("while another has the lock: %v", err)
		}
		_, releaseOther := lock(t, other, "db-2")
		releaseOther()
		release()
		_, release = lock(t, other, "db")
		release()
	})
	t.Run("OneOfManyAtOnceThoughNothingIsThere", func(t *testing.T) {
		if won := race(t, worker("two")); won != 1 {
			t.Errorf("%d have the lock", won)
		}
	})
	t.Run("Notes", func(t *testing.T) { testNotes(t, worker("one")) })
	t.Run("ALeaseIsRenewedUntilItIsTakenAway", func(t *testing.T) { takenAway(t, worker("three")) })
}

func race(t *testing.T, blob *lease.Blob) int32 {
	t.Helper()
	var won atomic.Int32
	var workers sync.WaitGroup
	for range 12 {
		workers.Go(func() {
			_, release, err := blob.Lock(t.Context(), "db")
			if err == nil {
				won.Add(1)
				t.Cleanup(release)
			} else if !errors.Is(err, rotation.ErrLocked) {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	return won.Load()
}

func takenAway(t *testing.T, blob *lease.Blob) {
	t.Helper()
	const path = "rot/contoso/db"
	mine, err := blob.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lease.RenewOnce(t.Context(), mine); err != nil {
		t.Errorf("the first renewal: %v", err)
	}
	if _, err := mine.BreakLease(t.Context(), &azlease.BlobBreakOptions{BreakPeriod: new(int32)}); err != nil {
		t.Fatal(err)
	}
	if err := lease.RenewOnce(t.Context(), mine); !lease.IsGone(err) {
		t.Errorf("after it was broken: %v", err)
	}
	if _, err := blob.Acquire(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := lease.RenewOnce(t.Context(), mine); !lease.IsGone(err) {
		t.Errorf("after somebody else took it: %v", err)
	}
}
