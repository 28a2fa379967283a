package keyvault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/standin/keyvault"
)

// pages reads a list to its end, and returns the number of items of each page and the last parts
// of the ids.
func (s *standin) pages(t *testing.T, path string) (sizes []int, ids []string) {
	t.Helper()
	for path != "" {
		got := s.do(t, "GET", path, "").want(t, 200, "")
		items := got.body["value"].([]any)
		sizes = append(sizes, len(items))
		for _, item := range items {
			id := item.(map[string]any)["id"].(string)
			ids = append(ids, id[strings.LastIndex(id, "/")+1:])
		}
		path, _ = got.body["nextLink"].(string)
	}
	return sizes, ids
}

func TestPages(t *testing.T) {
	const n = 60
	v := start(t, keyvault.Options{})
	for i := range n {
		v.do(t, "PUT", fmt.Sprintf("/secrets/s-%02d", (i*7)%n), `{"value":"v"}`).want(t, 200, "")
	}
	for name, c := range map[string]struct {
		path  string
		empty int
		sizes []int
	}{
		"25 at a time":          {"/secrets", 0, []int{25, 25, 10}},
		"30 need three of ten":  {"/secrets?maxresults=10", 0, []int{10, 10, 10, 10, 10, 10}},
		"with empty ones":       {"/secrets", 1, []int{0, 25, 0, 25, 0, 10, 0}},
		"with a slash":          {"/secrets/?maxresults=25", 0, []int{25, 25, 10}},
		"with two empty":        {"/secrets", 2, []int{0, 0, 25, 0, 0, 25, 0, 0, 10, 0, 0}},
		"none deleted":          {"/deletedsecrets", 0, []int{0}},
		"none deleted, empties": {"/deletedsecrets", 2, []int{0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			v.setFaults(t, keyvault.Faults{EmptyPages: c.empty})
			sizes, ids := v.pages(t, c.path)
			if !slices.Equal(sizes, c.sizes) {
				t.Errorf("pages of %v, want %v", sizes, c.sizes)
			}
			if !slices.IsSorted(ids) || len(slices.Compact(ids)) != len(ids) {
				t.Errorf("the ids are not each once and in order: %v", ids)
			}
		})
	}
}

func TestPagesGoOnWhereTheyWere(t *testing.T) {
	v := start(t, keyvault.Options{})
	for i := range 6 {
		v.do(t, "PUT", fmt.Sprintf("/secrets/s-%d", i), `{"value":"v"}`)
	}
	first := v.do(t, "GET", "/secrets?maxresults=2", "")
	v.do(t, "DELETE", "/secrets/s-1", "").want(t, 200, "") // the item of the marker
	v.do(t, "DELETE", "/secrets/s-4", "").want(t, 200, "")
	v.do(t, "PUT", "/secrets/s-2b", `{"value":"v"}`).want(t, 200, "")
	_, ids := v.pages(t, first.body["nextLink"].(string))
	if want := []string{"s-2", "s-2b", "s-3", "s-5"}; !slices.Equal(ids, want) {
		t.Errorf("the rest is %v, want %v", ids, want)
	}
}

func TestNextLink(t *testing.T) {
	v := start(t, keyvault.Options{})
	v.do(t, "PUT", "/secrets/a", `{"value":"v"}`)
	v.do(t, "PUT", "/secrets/a", `{"value":"v"}`)
	for host, want := range map[string]string{
		"contoso.vault.azure.net":      "https://contoso.vault.azure.net:443/secrets/a/versions?api-version=7.4&$skiptoken=",
		"contoso.vault.azure.net:443":  "https://contoso.vault.azure.net:443/secrets/a/versions?api-version=7.4&$skiptoken=",
		"contoso.vault.azure.net:8443": "https://contoso.vault.azure.net:8443/secrets/a/versions?api-version=7.4&$skiptoken=",
	} {
		got := v.do(t, "GET", "https://"+host+"/secrets/a/versions?api-version=7.4&maxresults=1", "")
		link, _ := got.body["nextLink"].(string)
		if !strings.HasPrefix(link, want) || !strings.HasSuffix(link, "&maxresults=1") {
			t.Errorf("%s: %s", host, link)
		}
	}
}

func TestVersionsAreInOrderOfTheirIDs(t *testing.T) {
	v := start(t, keyvault.Options{})
	var created []string
	for range 30 {
		created = append(created, v.do(t, "PUT", "/secrets/a", `{"value":"v"}`).version())
	}
	v.do(t, "PUT", "/secrets/a-b", `{"value":"v"}`).want(t, 200, "")
	sizes, ids := v.pages(t, "/secrets/a/versions")
	slices.Sort(created)
	if !slices.Equal(ids, created) || !slices.Equal(sizes, []int{25, 5}) {
		t.Errorf("pages of %v: %v, want %v", sizes, ids, created)
	}
}
