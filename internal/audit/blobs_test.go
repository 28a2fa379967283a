package audit_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"rotunda/internal/audit"
	"rotunda/internal/testserver"
)

// TestAzurite runs Blobs against Microsoft's emulator.
func TestAzurite(t *testing.T) {
	azurite := testserver.StartAzurite(t, "../lease/azurite")
	blobs := func(container string, way http.RoundTripper) *audit.Blobs {
		return openBlobs(t, azurite, container, way)
	}
	direct := azurite.Client.Transport
	t.Run("ManyInstances", func(t *testing.T) { manyInstances(t, func() *audit.Blobs { return blobs("many", direct) }) })
	t.Run("LostAnswers", func(t *testing.T) { lostAnswers(t, blobs("lost", &lossy{next: direct}), blobs("lost", direct)) })
	t.Run("AnotherWriter", func(t *testing.T) { anotherWriter(t, azurite, blobs("another", direct)) })
	t.Run("Away", func(t *testing.T) { away(t, blobs("away", refusing{})) })
	t.Run("AFileIsNeverReplaced", func(t *testing.T) {
		store := blobs("once", direct)
		name := "contoso/2026-11-27/19-instance-0001.jsonl"
		file, err := store.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Append(t.Context(), []byte("line\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Create(t.Context(), name); err == nil || !strings.Contains(err.Error(), "409 (BlobAlreadyExists)") {
			t.Error(err)
		}
	})
}

func openBlobs(t *testing.T, azurite *testserver.Azurite, container string, way http.RoundTripper) *audit.Blobs {
	t.Helper()
	store, err := audit.OpenBlobs(audit.BlobOptions{
		ServiceURL: azurite.URL, Container: container, Credential: azurite.Credential(), Transport: &http.Client{Transport: way},
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// manyInstances write at the same time, also the container.
func manyInstances(t *testing.T, store func() *audit.Blobs) {
	t.Helper()
	var all sync.WaitGroup
	for instance := range 4 {
		all.Go(func() {
			log := open(t, audit.Config{Store: store()})
			var writers sync.WaitGroup
			for writer := range 8 {
				writers.Go(func() {
					for i := range 5 {
						if err := log.Write(t.Context(), read(fmt.Sprintf("i%d-w%d-%d", instance, writer, i))); err != nil {
							t.Error(err)
						}
					}
				})
			}
			writers.Wait()
			closeLog(t, log)
		})
	}
	all.Wait()
	names := map[string]bool{}
	report := verifyBlobs(t, store(), audit.Options{Each: func(_ string, r audit.Record) { names[r.Secret] = true }})
	if report.Instances != 4 || report.Records != 160 || len(names) != 160 || report.Problems != nil || report.Notes != nil {
		t.Errorf("%d names, %+v", len(names), report)
	}
	reads, err := audit.LastReads(t.Context(), store(), time.Time{})
	if err != nil || len(reads) != 160 {
		t.Errorf("%d reads, %v", len(reads), err)
	}
}

// lostAnswers has every second answer lost. What was done is not done twice, and no caller sees
// it.
func lostAnswers(t *testing.T, store, direct *audit.Blobs) {
	t.Helper()
	log := open(t, audit.Config{Store: store})
	var want []string
	for i := range 10 {
		name := fmt.Sprint("n", i)
		write(t, log, read(name))
		want = append(want, name)
	}
	closeLog(t, log)
	var got []string
	report := verifyBlobs(t, direct, audit.Options{Each: func(_ string, r audit.Record) { got = append(got, r.Secret) }})
	names, err := direct.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) || report.Problems != nil || report.Files != hoursOf(names) {
		t.Errorf("got %q: %+v", got, report)
	}
}

// anotherWriter appends to our blob: our next append fails, and what follows is in a new file.
func anotherWriter(t *testing.T, azurite *testserver.Azurite, store *audit.Blobs) {
	t.Helper()
	log := open(t, audit.Config{Store: store})
	write(t, log, read("before"))
	names, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	intruder, err := container.NewClient(azurite.URL+"/another", azurite.Credential(), &container.ClientOptions{ClientOptions: policy.ClientOptions{Transport: azurite.Client}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := intruder.NewAppendBlobClient(names[0]).AppendBlock(t.Context(), streaming.NopCloser(strings.NewReader("{}\n")), nil); err != nil {
		t.Fatal(err)
	}
	if err := log.Write(t.Context(), read("refused")); !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), "412 (AppendPositionConditionNotMet)") {
		t.Error(err)
	}
	report := verifyBlobs(t, store, audit.Options{})
	if len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "line 3: the line is not a record") {
		t.Errorf("%+v", report)
	}
}

// away is an account that can't be reached.
func away(t *testing.T, store *audit.Blobs) {
	t.Helper()
	log := open(t, audit.Config{Store: store})
	err := log.Write(t.Context(), read("x"))
	if !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), "can't be reached") || log.Healthy() == nil {
		t.Error(err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error quotes: %v", err)
	}
}

func verifyBlobs(t *testing.T, store *audit.Blobs, options audit.Options) audit.Report {
	t.Helper()
	report, err := audit.Verify(t.Context(), store, options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("refused: canary")
}

// lossy loses every second answer that something was created or appended, after the account has
// acted.
type lossy struct {
	next http.RoundTripper
	done atomic.Int64
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusCreated && l.done.Add(1)%2 == 1 {
		answer.Body.Close()
		return nil, errors.New("the connection was reset")
	}
	return answer, err
}
