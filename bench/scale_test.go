package bench_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// scale is a vault for a sweep to search. Of its secrets, a tenth is managed, a hundredth is due,
// and a twentieth has a record of an earlier rotation.
type scale struct {
	secrets, records int
	waiting          []string // names that a sweep must find, sorted
}

// swept is the result and the cost of a sweep.
type swept struct {
	calls   map[string]int64
	names   []string
	seconds float64
	peak    float64 // bytes, of the process
}

// sweepFunction makes the real handler sweep once, in its own process.
func sweepFunction(t testing.TB, secrets int, latency time.Duration) (scale, swept) {
	t.Helper()
	azure := wiretest.StartAzure(t, wiretest.Options{})
	s := seedScale(t, azure, secrets)
	r := handlerProgram(t, azure, "ROTATION_LOCK_FOLDER="+t.TempDir()).start(t)
	defer r.stop()
	r.await(t, "/")
	for calls := int64(0); calls == 0; { // the handler's warm-up, which also lists
		runtime.Gosched()
		if counts := azure.Vault().Counts(); counts.InFlight == 0 {
			calls = counts.Calls["list"]
		}
	}
	if err := azure.SetFaults(standin.Faults{Vault: keyvault.Faults{Latency: keyvault.Duration(latency)}}); err != nil {
		t.Fatal(err)
	}
	azure.Vault().ResetCounts()
	began := time.Now()
	body := `{"Data":{"tick":{"Schedule":{"AdjustForDST":true},"IsPastDue":false}},"Metadata":{"sys":{"MethodName":"sweep"}}}`
	response, err := http.Post(r.url+"/sweep", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	var result struct {
		Outputs struct{ Due []struct{ Name string } }
	}
	if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(text, &result) != nil {
		t.Fatalf("sweep: %d %.300s %v", response.StatusCode, text, err)
	}
	got := swept{calls: azure.Vault().Counts().Calls, seconds: time.Since(began).Seconds(), peak: r.peak(t)}
	for _, message := range result.Outputs.Due {
		got.names = append(got.names, message.Name)
	}
	slices.Sort(got.names)
	return s, got
}

// seedScale fills a vault.
func seedScale(t testing.TB, azure *standin.Azure, secrets int) scale {
	t.Helper()
	token, err := azure.Identity().Token(keyvault.Resource)
	if err != nil {
		t.Fatal(err)
	}
	s := scale{secrets: secrets, records: secrets / 20}
	for i := range secrets {
		if i%100 == 0 || i%100 == 10 && i%200 == 10 {
			s.waiting = append(s.waiting, fmt.Sprintf("s-%d", i))
		}
	}
	slices.Sort(s.waiting)
	vault := sdkClient(t, vaultClient(t, azure), token)
	set := func(name string, tags map[string]string, expires time.Duration) error {
		return setDirectly(t, vault, name, "canary-s", tags, expires)
	}
	if _, err := together(16, func(caller int) error {
		for i := caller; i < secrets; i += 16 {
			if err := seedOne(set, i); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// setDirectly adds a version of a secret without the app.
func setDirectly(t testing.TB, vault *azsecrets.Client, name, value string, tags map[string]string, expires time.Duration) error {
	parameters := azsecrets.SetSecretParameters{Value: &value, Tags: map[string]*string{}, SecretAttributes: &azsecrets.SecretAttributes{}}
	for tag, text := range tags {
		parameters.Tags[tag] = &text
	}
	if expires > 0 {
		parameters.SecretAttributes.Expires = new(time.Now().Add(expires))
	}
	_, err := vault.SetSecret(t.Context(), name, parameters, nil)
	return err
}

// seedOne sets a secret, and for each twentieth one also the record of a rotation. Of these, half
// have finished, a quarter are in their grace period, and a quarter are past it and need work.
func seedOne(set func(name string, tags map[string]string, expires time.Duration) error, i int) error {
	name, tags, expires := fmt.Sprintf("s-%d", i), map[string]string{"team": "a", "env": "prod"}, time.Duration(0)
	if i%10 == 0 {
		tags["ProviderAddress"], tags["CredentialId"], tags["ValidityPeriodDays"] = "postgres://db/app", "app", "60"
		if expires = 50 * 24 * time.Hour; i%100 == 0 {
			expires = 24 * time.Hour
		}
	}
	if err := set(name, tags, expires); err != nil || i%20 != 10 {
		return err
	}
	record := map[string]string{"rot-op": "op", "rot-of": name, "rot-state": "closed"}
	switch i % 200 {
	case 10:
		record["rot-state"], record["rot-retire-at"] = "retiring", time.Now().Add(-time.Minute).UTC().Format(time.RFC3339Nano)
	case 30:
		record["rot-state"], record["rot-retire-at"] = "retiring", time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano)
	}
	return set(name+"--pending", record, 0)
}

// peak returns the highest resident memory of a process in bytes.
func (r *running) peak(t testing.TB) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.Process.Pid))
	if err != nil {
		t.Skipf("skipped: needs Linux's /proc: %v", err)
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kilobytes float64
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes * 1024
}
