package azurekeys_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
)

// paged answers a list in two pages, by the end of its path.
func paged(end, first, second string) func(*http.Request) *said {
	return func(r *http.Request) *said {
		switch {
		case r.URL.Query().Get("page") == "2" && r.Method == http.MethodGet:
			return reply(200, "", second)
		case strings.HasSuffix(r.URL.Path, end):
			return reply(200, "", first)
		}
		return nil
	}
}

const secondPage = `"nextLink":"https://management.azure.com/more?page=2"`

// A key on the second page of the list is deleted, and not taken for one that is gone.
func TestAKeyOnTheSecondPageIsFound(t *testing.T) {
	a, r := start(t, searchService)
	s := subject(searchService, "default", "canary-key", rotation.TagClass, "C")
	id, value, err := r.Issue(t.Context(), s, "OPERATION1", rotatortest.Unfenced)
	rotatortest.Must(t, err)
	s.CredentialID, s.Current = id, value
	a.instead = paged("/listQueryKeys", `{"value":[{"name":"other","key":"canary-other"}],`+secondPage+`}`, `{"value":[{"name":"`+id+`","key":"`+value.Reveal()+`"}],"nextLink":null}`)
	rotatortest.WantVerdict(t, r, s, value.Reveal(), rotation.Accepted)
	if ids, err := r.ListIssued(t.Context(), s, "OPERATION1"); err != nil || len(ids) != 1 {
		t.Errorf("%v, %v", ids, err)
	}
	if _, err := r.Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	rotatortest.Must(t, r.Revoke(t.Context(), s, id, rotatortest.Unfenced))
	a.instead = nil
	for _, key := range a.Keys(searchService) {
		if key.Value == value.Reveal() {
			t.Error("the key was not deleted")
		}
	}
}

// A right that comes with a role on the second page is not missing.
func TestARightOnTheSecondPageIsFound(t *testing.T) {
	a, r := start(t, account)
	a.instead = paged("/permissions", `{"value":[{"actions":["*/read"]}],`+secondPage+`}`, `{"value":[{"actions":["Microsoft.Storage/*"]}]}`)
	if warnings, err := r.Check(t.Context(), subject(account, "key1", a.Keys(account)[0].Value)); err != nil || len(warnings) > 0 {
		t.Errorf("%q, %v", warnings, err)
	}
}

// A list that leads elsewhere, or never ends, is no list.
func TestAListThatDoesNotEnd(t *testing.T) {
	for next, says := range map[string]string{
		"https://evil.example/":                          "not Azure Resource Manager's",
		"http://management.azure.com/":                   "not Azure Resource Manager's",
		"/subscriptions":                                 "not Azure Resource Manager's",
		"https://management.azure.com/x/listQueryKeys?a": "does not end",
	} {
		a, r := start(t, searchService)
		a.instead = paged("/listQueryKeys", `{"value":[],"nextLink":`+strconv.Quote(next)+`}`, "")
		s := subject(searchService, "default", "canary-key", rotation.TagClass, "C")
		err := r.Revoke(t.Context(), s, "default", rotatortest.Unfenced)
		if fault := rotatortest.Fault(t, err); fault == nil || fault.Permanent || !strings.Contains(fault.Reason, says) {
			t.Errorf("%s: %v", next, err)
		}
		for _, q := range a.seen {
			if q.URL.Host != managementHost || q.URL.Scheme != "https" {
				t.Errorf("the token went to %s", q.URL)
			}
		}
	}
}
