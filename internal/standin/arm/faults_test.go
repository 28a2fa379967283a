package arm_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
	"rotunda/internal/standin/fault"
)

func (c *cloud) regenerate(t *testing.T, name string) response {
	t.Helper()
	row := regenerations[name]
	return c.ask(t, http.MethodPost, row.at(arm.Examples()[name]), row.body)
}

func (c *cloud) list(t *testing.T, name string) response {
	t.Helper()
	return c.ask(t, http.MethodPost, regenerations[name].listAt(arm.Examples()[name]), "")
}

// poll follows a URL that a response announced.
func (c *cloud) poll(t *testing.T, address string) response {
	t.Helper()
	return c.ask(t, http.MethodGet, strings.TrimPrefix(address, "https://management.azure.com"), "")
}

func TestAKeyCountsWhenTheOperationEnds(t *testing.T) {
	for name, row := range map[string]struct{ running, done string }{
		"cosmos":       {"Dequeued", ""},
		"managedRedis": {"InProgress", `"primaryKey":`},
		"signalR":      {"InProgress", `"primaryConnectionString":`},
	} {
		c := start(t, standin.Options{})
		c.setFaults(t, name, arm.Faults{Polls: 2})
		key, before := regenerations[name].key, c.keys(name)
		accepted := c.regenerate(t, name)
		status, result := accepted.header.Get("Azure-AsyncOperation"), accepted.header.Get("Location")
		if accepted.status != http.StatusAccepted || status == "" || result == "" {
			t.Fatalf("%s: %d %v", name, accepted.status, accepted.header)
		}
		if found := c.poll(t, status); found.status != http.StatusOK || found.values(t)["status"] != row.running || c.keys(name)[key] != before[key] {
			t.Errorf("%s: the first poll found %d %s, or a new key", name, found.status, found.body)
		}
		if found := c.poll(t, result); found.status != http.StatusAccepted || found.header.Get("Location") != result || c.keys(name)[key] != before[key] {
			t.Errorf("%s: the second poll found %d %s, or a new key", name, found.status, found.body)
		}
		if found := c.poll(t, status); found.status != http.StatusOK || found.values(t)["status"] != "Succeeded" || c.keys(name)[key] == before[key] {
			t.Errorf("%s: the third poll found %d %s, or the old key", name, found.status, found.body)
		}
		if found := c.poll(t, result); found.status != http.StatusOK || !strings.Contains(found.body, row.done) {
			t.Errorf("%s: the result is %d %s", name, found.status, found.body)
		}
	}
}

func TestAnOperationEndsWithoutPolls(t *testing.T) {
	c := start(t, standin.Options{})
	c.setFaults(t, "cosmos", arm.Faults{Polls: 3})
	before := c.keys("cosmos")["secondaryReadonlyMasterKey"]
	c.regenerate(t, "cosmos")
	for n := range 3 {
		if found := c.list(t, "cosmos").values(t); found["secondaryReadonlyMasterKey"] != before {
			t.Errorf("request %d found a new key", n)
		}
	}
	if found := c.list(t, "cosmos").values(t); found["secondaryReadonlyMasterKey"] == before {
		t.Error("after as many requests as the operation takes, the key is the old one")
	}
}

func TestAnotherRegenerationIsRefusedMeanwhile(t *testing.T) {
	for name, want := range map[string]string{"cosmos": "412 PreconditionFailed", "signalR": "409 AnotherOperationInProgress", "storage": "409 AnotherOperationInProgress"} {
		c := start(t, standin.Options{})
		c.setFaults(t, name, arm.Faults{Async: true, Polls: 1})
		before := c.keys(name)
		if found := c.regenerate(t, name); found.status != http.StatusAccepted {
			t.Fatalf("%s: %d %s", name, found.status, found.body)
		}
		if found := c.regenerate(t, name); fmt.Sprint(found.status, " ", found.code()) != want {
			t.Errorf("%s: a second regeneration: %d %s, want %s", name, found.status, found.body, want)
		}
		c.list(t, name)
		first := c.keys(name)[regenerations[name].key]
		if first == before[regenerations[name].key] {
			t.Errorf("%s: the first regeneration did not end", name)
		}
		c.setFaults(t, name, arm.Faults{Busy: 1})
		if found := c.regenerate(t, name); fmt.Sprint(found.status, " ", found.code()) != want || c.keys(name)[regenerations[name].key] != first {
			t.Errorf("%s: while busy: %d %s, want %s and the key as it was", name, found.status, found.body, want)
		}
		if found := c.regenerate(t, name); found.status >= 300 {
			t.Errorf("%s: after that: %d %s", name, found.status, found.body)
		}
	}
}

func TestAnOperationMayFail(t *testing.T) {
	c := start(t, standin.Options{})
	c.setFaults(t, "cosmos", arm.Faults{FailOperations: true})
	before := c.keys("cosmos")["secondaryReadonlyMasterKey"]
	accepted := c.regenerate(t, "cosmos")
	if found := c.poll(t, accepted.header.Get("Azure-AsyncOperation")); found.values(t)["status"] != "Failed" || found.code() == "" {
		t.Errorf("the status is %d %s", found.status, found.body)
	}
	if found := c.poll(t, accepted.header.Get("Location")); found.status != http.StatusInternalServerError {
		t.Errorf("the result is %d %s", found.status, found.body)
	}
	if c.keys("cosmos")["secondaryReadonlyMasterKey"] != before {
		t.Error("a failed operation replaced the key")
	}
}

func TestAPollNeedsTheWholeURL(t *testing.T) {
	c := start(t, standin.Options{})
	announced := c.regenerate(t, "cosmos").header.Get("Azure-AsyncOperation")
	bare, _, _ := strings.Cut(announced, "&t=")
	if found := c.poll(t, bare); found.status != http.StatusForbidden || found.code() != "AuthorizationFailed" {
		t.Errorf("without its parameters: %d %s", found.status, found.body)
	}
	path, query, _ := strings.Cut(announced, "?")
	if found := c.poll(t, path[:len(path)-1]+"?"+query); found.status != http.StatusNotFound {
		t.Errorf("another operation: %d %s", found.status, found.body)
	}
	if found := c.poll(t, announced); found.status != http.StatusOK {
		t.Errorf("the announced URL: %d %s", found.status, found.body)
	}
}

func TestALostAnswerHasHappened(t *testing.T) {
	for kind, happened := range map[arm.Kind]bool{arm.DropAfter: true, arm.DropBefore: false} {
		c := start(t, standin.Options{})
		c.setFaults(t, "storage", arm.Faults{Calls: []arm.Fault{{Kind: kind, Operations: []string{arm.Regenerate}, Times: 1}}})
		before := c.keys("storage")["key2"]
		token, err := c.Identity().Token("https://management.azure.com")
		if err != nil {
			t.Fatal(err)
		}
		row := regenerations["storage"]
		_, err = c.trySend(t.Context(), http.MethodPost, "https://management.azure.com"+row.at(arm.Examples()["storage"]), row.body, "Authorization: Bearer "+token)
		if err == nil {
			t.Errorf("%s: there was an answer", kind)
		}
		if changed := c.keys("storage")["key2"] != before; changed != happened {
			t.Errorf("%s: the key changed: %v, want %v", kind, changed, happened)
		}
		if counts := c.ARM().Counts()[arm.Examples()["storage"]]; counts[arm.Regenerate] != 1 {
			t.Errorf("%s: counts %v, want one regeneration", kind, counts)
		}
		if found := c.regenerate(t, "storage"); found.status != http.StatusOK {
			t.Errorf("%s: after that: %d %s", kind, found.status, found.body)
		}
	}
}

func TestFaultsOfCalls(t *testing.T) {
	c := start(t, standin.Options{})
	c.setFaults(t, "redis", arm.Faults{Latency: fault.Duration(time.Millisecond), Calls: []arm.Fault{
		{Kind: arm.Throttle, Operations: []string{arm.List}, Times: 2},
		{Kind: arm.Throttle, Operations: []string{arm.Regenerate}, Times: 1, RetryAfter: "3"},
		{Kind: arm.Error, Operations: []string{arm.Get}, Status: 503, Code: "ServerBusy", Message: "Try later."},
	}})
	for range 2 {
		if found := c.list(t, "redis"); found.status != http.StatusTooManyRequests || found.header.Get("Retry-After") != "17" {
			t.Errorf("a list: %d %v", found.status, found.header)
		}
	}
	if found := c.list(t, "redis"); found.status != http.StatusOK {
		t.Errorf("the third list: %d %s", found.status, found.body)
	}
	if found := c.regenerate(t, "redis"); found.header.Get("Retry-After") != "3" {
		t.Errorf("a regeneration: %d %v", found.status, found.header)
	}
	if found := c.ask(t, http.MethodGet, arm.Examples()["redis"]+"?api-version=2024-11-01", ""); found.status != 503 || found.code() != "ServerBusy" {
		t.Errorf("a read: %d %s", found.status, found.body)
	}
}

func TestFaultsThatCannotBeSet(t *testing.T) {
	s := arm.New(arm.Options{})
	id := arm.Examples()["storage"]
	if err := s.AddResource(id); err != nil {
		t.Fatal(err)
	}
	for says, f := range map[string]arm.Faults{
		"negative":      {Polls: -1},
		`"explode"`:     {Calls: []arm.Fault{{Kind: "explode"}}},
		"status 200":    {Calls: []arm.Fault{{Kind: arm.Error, Status: 200}}},
		`"purge"`:       {Calls: []arm.Fault{{Kind: arm.Throttle, Operations: []string{"purge"}}}},
		"times -1":      {Calls: []arm.Fault{{Kind: arm.Throttle, Times: -1}}},
		"a delay needs": {Calls: []arm.Fault{{Kind: arm.Delay}}},
	} {
		if err := s.SetFaults(id, f); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if err := s.SetFaults(id+"x", arm.Faults{}); err == nil || !strings.Contains(err.Error(), "no resource") {
		t.Error(err)
	}
	if faults := s.Faults(); len(faults) != 0 {
		t.Errorf("faults %v were set", faults)
	}
}

func TestTheControlEndpointSetsFaultsAndAddsResources(t *testing.T) {
	c := start(t, standin.Options{})
	id := arm.Examples()["maps"]
	body, err := json.Marshal(standin.Faults{Resources: map[string]arm.Faults{id: {Busy: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{http.MethodPut, "/", string(body), 200, `"busy": 1`},
		{http.MethodPut, "/", `{"resources":{"/nowhere":{}}}`, 400, "no resource /nowhere"},
		{http.MethodPost, "/resources", strings.Replace(id, "contosomaps", "othermaps", 1), 200, `"busy": 1`},
		{http.MethodPost, "/resources", "x", 400, "not the id of a resource"},
	} {
		found := c.send(t, row.method, c.ControlURL()+row.path, row.body)
		if found.status != row.status || !strings.Contains(found.body, row.says) {
			t.Errorf("%s %s %s: %d %s", row.method, row.path, row.body, found.status, found.body)
		}
	}
	if found := c.regenerate(t, "maps"); found.status != http.StatusConflict {
		t.Errorf("a regeneration: %d %s", found.status, found.body)
	}
	if keys := c.ARM().Keys(strings.Replace(id, "contosomaps", "othermaps", 1)); len(keys) != 2 {
		t.Errorf("the added resource has %d keys", len(keys))
	}
	if err := c.Reset(); err != nil || len(c.ARM().Faults()) != 0 || len(c.ARM().Counts()) != 0 {
		t.Errorf("after a reset: %v, %v, %v", err, c.ARM().Faults(), c.ARM().Counts())
	}
}

func TestConcurrentRegenerationsReplaceOneKeyEach(t *testing.T) {
	c := start(t, standin.Options{})
	token, err := c.Identity().Token("https://management.azure.com")
	if err != nil {
		t.Fatal(err)
	}
	row, bodies := regenerations["redis"], make(chan string, 16)
	var all sync.WaitGroup
	for range cap(bodies) {
		all.Go(func() {
			found, err := c.trySend(t.Context(), http.MethodPost, "https://management.azure.com"+row.at(arm.Examples()["redis"]), row.body, "Authorization: Bearer "+token)
			if err != nil || found.status != http.StatusOK {
				t.Errorf("%d %s, %v", found.status, found.body, err)
			}
			bodies <- found.body
		})
	}
	all.Wait()
	close(bodies)
	seen := ""
	for body := range bodies {
		seen += body
	}
	if !strings.Contains(seen, c.keys("redis")["secondaryKey"]) {
		t.Error("no response showed the key that is current")
	}
	if counts := c.ARM().Counts()[arm.Examples()["redis"]]; counts[arm.Regenerate] != 16 {
		t.Errorf("counts %v, want 16 regenerations", counts)
	}
}
