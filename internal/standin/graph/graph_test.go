package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/fault"
	"rotunda/internal/standin/graph"
)

// desk is a tenant with Graph, an application, and callers by the Graph permission that they have.
// The caller "owner" owns the application and has Application.ReadWrite.OwnedBy.
type desk struct {
	directory   *entra.Directory
	graph       *graph.Server
	application entra.Application
	callers     map[string]string
}

func start(t *testing.T) *desk {
	t.Helper()
	directory, err := entra.New(entra.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{directory: directory, graph: graph.New(directory), callers: map[string]string{}}
	owner := ""
	for _, role := range []string{"owner", "none", "Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.ReadWrite.All"} {
		roles := []string{role}
		if role == "owner" {
			roles = []string{"Application.ReadWrite.OwnedBy"}
		}
		made, err := directory.Register(entra.Application{Name: role, Roles: map[string][]string{graph.Resource: roles}})
		if err != nil {
			t.Fatal(err)
		}
		if role == "owner" {
			owner = made.ObjectID
		}
		d.callers[role] = made.ClientID
	}
	d.application, err = directory.Register(entra.Application{Name: "payroll", Secrets: []string{"first"}, Owners: []string{owner}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// send sends a request as a caller, and returns the status and Graph's error code.
func (d *desk) send(t *testing.T, caller, method, path, body string) (int, string) {
	t.Helper()
	token, _, err := d.directory.Issue(d.callers[caller], graph.Resource, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, graph.Resource+path, bytes.NewReader([]byte(body)))
	r.Header.Set("Authorization", "Bearer "+token)
	return d.serve(t, r)
}

func (d *desk) serve(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	d.graph.ServeHTTP(w, r)
	var answer struct {
		Error struct{ Code string }
	}
	if w.Body.Len() > 0 && json.Unmarshal(w.Body.Bytes(), &answer) != nil {
		t.Errorf("%s %s: %d with a body that is not JSON: %s", r.Method, r.URL, w.Code, w.Body)
	}
	return w.Code, answer.Error.Code
}

func TestPermissions(t *testing.T) {
	d := start(t)
	for caller, want := range map[string]struct{ get, add int }{
		"owner":                         {200, 200},
		"none":                          {403, 403},
		"Application.Read.All":          {200, 403},
		"Application.ReadWrite.OwnedBy": {200, 403},
		"Application.ReadWrite.All":     {200, 200},
		"Directory.ReadWrite.All":       {200, 200},
	} {
		path := "/v1.0/applications/" + d.application.RegistrationID
		if status, _ := d.send(t, caller, http.MethodGet, path, ""); status != want.get {
			t.Errorf("%s reads: %d, not %d", caller, status, want.get)
		}
		if status, _ := d.send(t, caller, http.MethodPost, path+"/addPassword", "{}"); status != want.add {
			t.Errorf("%s adds: %d, not %d", caller, status, want.add)
		}
	}
}

func TestRefusals(t *testing.T) {
	d := start(t)
	object, client := "/v1.0/applications/"+d.application.RegistrationID, "/v1.0/applications(appId='"+d.application.ClientID+"')"
	for name, row := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"by client id":                 {"GET", client + "/owners", "", 200, ""},
		"the client id as object id":   {"GET", "/v1.0/applications/" + d.application.ClientID, "", 404, "Request_ResourceNotFound"},
		"the object id as client id":   {"GET", "/v1.0/applications(appId='" + d.application.RegistrationID + "')", "", 404, "Request_ResourceNotFound"},
		"another segment":              {"GET", object + "/extensionProperties", "", 400, "BadRequest"},
		"another collection":           {"GET", "/v1.0/users", "", 400, "BadRequest"},
		"another version":              {"GET", "/beta/applications", "", 400, "BadRequest"},
		"a path that does not end":     {"GET", "/v1.0/applications(appId='x", "", 400, "BadRequest"},
		"half a body":                  {"POST", object + "/addPassword", `{"passwordCredential":`, 400, "Request_BadRequest"},
		"a key id that is none":        {"POST", object + "/removePassword", `{"keyId":"first"}`, 400, "Request_BadRequest"},
		"a key id that is not listed":  {"POST", object + "/removePassword", `{"keyId":"03ef14b0-ca33-4840-8f4f-d6e91916010e"}`, 400, "Request_BadRequest"},
		"a removal by the client id":   {"POST", client + "/removePassword", `{"keyId":"` + d.directory.Credentials(d.application.ClientID)[0].KeyID + `"}`, 204, ""},
		"a client secret with a start": {"POST", object + "/addPassword", `{"passwordCredential":{"startDateTime":"2099-01-01T00:00:00Z"}}`, 200, ""},
	} {
		if status, code := d.send(t, "owner", row.method, row.path, row.body); status != row.status || code != row.code {
			t.Errorf("%s: %d %s, not %d %s", name, status, code, row.status, row.code)
		}
	}
	r := httptest.NewRequest(http.MethodGet, graph.Resource+object, nil)
	r.Header.Set("Authorization", "Bearer e30.e30.e30")
	if status, code := d.serve(t, r); status != 401 || code != "InvalidAuthenticationToken" {
		t.Errorf("a token of nobody's: %d %s", status, code)
	}
}

func TestFaults(t *testing.T) {
	d := start(t)
	path := "/v1.0/applications/" + d.application.RegistrationID
	for name, row := range map[string]struct {
		faults graph.Faults
		wants  []int // the statuses of two requests that add a client secret for 90 days
	}{
		"none":          {graph.Faults{}, []int{200, 200}},
		"one 429":       {graph.Faults{Throttle: 1}, []int{429, 200}},
		"a status":      {graph.Faults{Faults: fault.Faults{Status: 503}}, []int{503, 503}},
		"a policy":      {graph.Faults{MaxLifetimeDays: 60}, []int{400, 400}},
		"a longer life": {graph.Faults{MaxLifetimeDays: 91}, []int{200, 200}},
	} {
		if err := d.graph.SetFaults(row.faults); err != nil {
			t.Fatal(err)
		}
		body := `{"passwordCredential":{"endDateTime":"` + time.Now().AddDate(0, 0, 90).UTC().Format(time.RFC3339) + `"}}`
		for _, want := range row.wants {
			if status, _ := d.send(t, "owner", http.MethodPost, path+"/addPassword", body); status != want {
				t.Errorf("%s: %d, not %d", name, status, want)
			}
		}
	}
	for _, wrong := range []graph.Faults{{LoseWrites: -1}, {Throttle: -1}, {Faults: fault.Faults{Status: 200}}} {
		if err := d.graph.SetFaults(wrong); err == nil || strings.Contains(err.Error(), "%!") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if d.graph.Requests() == 0 {
		t.Error("no request is counted")
	}
}
