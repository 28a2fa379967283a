package batchgetsecrets_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/functions/batchgetsecrets"
	"rotunda/functions/batchgetsecrets/batchtest"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

type entry struct {
	Name   string
	Status int
	Secret *struct{ Value string }
	Error  *struct{ Code string }
}

// ask requests names and returns the entries of the response.
func ask(t *testing.T, h http.Handler, names ...string) []entry {
	t.Helper()
	items := make([]string, len(names))
	for i, name := range names {
		items[i] = fmt.Sprintf(`{"name":%q}`, name)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"secrets":[`+strings.Join(items, ",")+`]}`)))
	var answer struct{ Value []entry }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK || len(answer.Value) != len(names) {
		t.Fatalf("%d, %d entries for %d names, %v", w.Code, len(answer.Value), len(names), err)
	}
	if strings.Contains(w.Body.String(), "canary-in-a-panic") {
		t.Error("the response quotes a panic")
	}
	return answer.Value
}

// A name that is listed 200 times is read once, and listed 200 times in the answer.
func TestDuplicatesAreReadOnce(t *testing.T) {
	v := &batchtest.Vault{Value: secret.NewValue("canary-a")}
	names := make([]string, 200)
	for i := range names {
		names[i] = []string{"a", "A", "b"}[i%3]
	}
	for i, got := range ask(t, batchgetsecrets.Handler(batchgetsecrets.NewReads(v), batchtest.Open{}), names...) {
		if got.Name != names[i] || got.Status != http.StatusOK || got.Secret == nil || got.Secret.Value != "canary-a" {
			t.Errorf("entry %d: %+v", i, got)
		}
	}
	if reads := v.Reads.Load(); reads != 2 {
		t.Errorf("%d reads of two secrets", reads)
	}
}

// What doesn't fit in memory is refused item by item, and there is room again after the response.
func TestHeldBytesAreBounded(t *testing.T) {
	v := &batchtest.Vault{Value: secret.NewValue(strings.Repeat("x", 2<<20))}
	h := batchgetsecrets.Handler(batchgetsecrets.NewReads(v), batchtest.Open{})
	names := make([]string, 32)
	for i := range names {
		names[i] = fmt.Sprintf("a-%d", i)
	}
	for range 2 {
		busy := 0
		for _, got := range ask(t, h, names...) {
			if got.Status == http.StatusServiceUnavailable && got.Error.Code == "ServerBusy" {
				busy++
			}
		}
		if busy != 13 { // 19 fit into four fifths of 48 MB
			t.Errorf("%d of 32 entries were refused, want 13", busy)
		}
	}
}

// A panic in a read, which has a goroutine of its own, is the error of its item.
func TestAPanicIsTheErrorOfItsItem(t *testing.T) {
	got := ask(t, batchgetsecrets.Handler(batchgetsecrets.NewReads(&batchtest.Vault{Value: secret.NewValue("v")}), batchtest.Open{}), "a", "panics", "b")
	if got[0].Status != http.StatusOK || got[1].Status != http.StatusInternalServerError || got[2].Status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

// hanging is a vault that answers after half a minute. Memory serves names that begin with "old"
// while it hangs.
type hanging struct{ batchtest.Vault }

func (h *hanging) Read(ctx context.Context, name, version string, fresh bool) (wire.Reading, error) {
	if !h.HasOlder(name, version) {
		time.Sleep(30 * time.Second)
	}
	return h.Vault.Read(ctx, name, version, fresh)
}

func (*hanging) HasOlder(name, _ string) bool { return strings.HasPrefix(name, "old") }

// Names that memory can serve do not wait until the vault has answered those that it can't.
func TestColdNamesDoNotHoldUpOthersWhileTheVaultHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := batchgetsecrets.Handler(batchgetsecrets.NewReads(&hanging{batchtest.Vault{Value: secret.NewValue("v")}}), batchtest.Open{})
		var cold sync.WaitGroup
		for i := range 3 {
			names := make([]string, 32)
			for j := range names {
				names[j] = fmt.Sprintf("cold-%d-%d", i, j)
			}
			cold.Go(func() { ask(t, h, names...) })
		}
		synctest.Wait()
		began := time.Now()
		for _, got := range ask(t, h, "old-a", "old-b") {
			if got.Status != http.StatusOK {
				t.Errorf("%+v", got)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("after %s", took)
		}
		cold.Wait()
	})
}
