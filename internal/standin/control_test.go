package standin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/standin"
)

func start(t *testing.T) *standin.Azure {
	t.Helper()
	azure, err := standin.Start(standin.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := azure.Close(); err != nil {
			t.Error(err)
		}
	})
	return azure
}

func control(t *testing.T, azure *standin.Azure, method, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, azure.ControlURL(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestControlSetsShowsAndClearsFaults(t *testing.T) {
	azure := start(t)
	status, text := control(t, azure, "PUT", `{"vault":{"calls":[{"kind":"throttle","retryAfter":"7"}],"latency":"5ms"},"identity":{"down":true}}`)
	if status != 200 || !strings.Contains(text, `"throttle"`) || !strings.Contains(text, `"down": true`) {
		t.Errorf("PUT: %d %s", status, text)
	}
	var state standin.State
	if _, text = control(t, azure, "GET", ""); json.Unmarshal([]byte(text), &state) != nil || len(state.Faults.Vault.Calls) != 1 {
		t.Errorf("GET: %s", text)
	}
	if status, text = control(t, azure, "DELETE", ""); status != 200 || strings.Contains(text, "throttle") {
		t.Errorf("DELETE: %d %s", status, text)
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	azure := start(t)
	for body, says := range map[string]string{
		`{"vault":{"colour":1}}`: "colour",
		`{`:                      "not valid",
		`{"vault":{"calls":[{"kind":"explode"}]}}`: "explode",
		`{"identity":{"status":200}}`:              "200",
	} {
		if status, text := control(t, azure, "PUT", body); status != 400 || !strings.Contains(text, says) {
			t.Errorf("PUT %s: %d %s", body, status, text)
		}
	}
	if status, _ := control(t, azure, "POST", ""); status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", status)
	}
}

func TestFaultsAreSetWhollyOrNotAtAll(t *testing.T) {
	azure := start(t)
	wanted := `{"vault":{"afterDelete":3}}`
	if status, text := control(t, azure, "PUT", wanted); status != 200 {
		t.Fatalf("PUT %s: %d %s", wanted, status, text)
	}
	if status, text := control(t, azure, "PUT", `{"vault":{"afterDelete":7},"identity":{"status":200}}`); status != 400 {
		t.Errorf("PUT of faults that are half wrong: %d %s", status, text)
	}
	if found := azure.State().Faults.Vault.AfterDelete; found != 3 {
		t.Errorf("after a rejected PUT afterDelete is %d, want 3", found)
	}
}
