package vault_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rotunda/internal/secret"
	"rotunda/internal/vault"
)

// names is a vault with secrets. Its links to the next page name the next secret, as Key Vault's.
func names(all *[]string, calls *int) answerer {
	return func(r *http.Request) (int, string, http.Header, error) {
		*calls++
		most, err := strconv.Atoi(r.URL.Query().Get("maxresults"))
		if err != nil {
			most = secret.MaxPageSize
		}
		from := slices.Index(*all, r.URL.Query().Get("$skiptoken"))
		rest := (*all)[max(from, 0):]
		page := []string{}
		for _, name := range rest[:min(most, len(rest))] {
			page = append(page, `{"id":"https://contoso.vault.azure.net/secrets/`+name+`"}`)
		}
		next := "null"
		if len(rest) > most {
			next = fmt.Sprintf(`"https://contoso.vault.azure.net:443/secrets?api-version=2026-04-01&$skiptoken=%s&maxresults=%d"`, rest[most], most)
		}
		return 200, `{"value":[` + strings.Join(page, ",") + `],"nextLink":` + next + `}`, nil, nil
	}
}

// follow reads a list page by page, each from the next of some instances of the app.
func follow(t *testing.T, query secret.Query, instances ...*vault.Vault) (found []string, tokens []string) {
	t.Helper()
	for i := 0; ; i++ {
		page, err := instances[i%len(instances)].List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Secrets {
			found = append(found, s.Name)
		}
		if query.Next = page.Next; query.Next == "" {
			return found, tokens
		}
		tokens = append(tokens, query.Next)
	}
}

func TestATokenForAPartOfAListShowsNoName(t *testing.T) {
	var all []string
	for i := range 60 {
		all = append(all, fmt.Sprintf("%s-%02d", strings.Repeat("canary", 1+i%20), i))
	}
	calls := 0
	first, second := open(t, goodToken, names(&all, &calls)), open(t, goodToken, names(&all, &calls))
	part := secret.Filter{Visible: func(string) bool { return false }}
	for _, row := range []struct {
		instances string
		most      int
		vaults    []*vault.Vault
		calls     int
	}{
		{"one instance", 0, []*vault.Vault{first}, 3},
		{"one instance, a name at a time", 1, []*vault.Vault{first}, 60},
		{"two instances, which skip what the other has listed", 25, []*vault.Vault{first, second}, 3 + 1 + 2},
		{"two instances, and pages of seven", 7, []*vault.Vault{first, second}, 9 + 1 + 1 + 1 + 2 + 2 + 2 + 2 + 3},
	} {
		calls = 0
		found, tokens := follow(t, secret.Query{MaxResults: row.most, Filter: part}, row.vaults...)
		if !slices.Equal(found, all) || calls != row.calls {
			t.Errorf("%s: %d names by %d calls, want %d: %q", row.instances, len(found), calls, row.calls, found)
		}
		for _, token := range tokens {
			text, err := base64.RawURLEncoding.DecodeString(token)
			if err != nil || strings.Contains(string(text), "canary") || strings.Contains(string(text), "api-version") || len(token) != len(tokens[0]) {
				t.Errorf("%s: the token %q, of %d bytes, %v", row.instances, text, len(token), err)
			}
		}
	}
}

// By a forged token, a caller could find names one character at a time.
func TestATokenForAPartOfAListCantBeForged(t *testing.T) {
	all, calls := []string{"a", "b", "c", "d"}, 0
	v := open(t, goodToken, names(&all, &calls))
	part := secret.Filter{Visible: func(string) bool { return false }}
	plain, err := v.List(t.Context(), secret.Query{MaxResults: 1})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := v.List(t.Context(), secret.Query{MaxResults: 1, Filter: part})
	if err != nil {
		t.Fatal(err)
	}
	for _, forged := range []string{plain.Next, "x", "!!", sealed.Next[1:], sealed.Next[:20], strings.Repeat("_", 1400)} {
		if page, err := v.List(t.Context(), secret.Query{Next: forged, Filter: part}); !errors.Is(err, secret.ErrBadParameter) {
			t.Errorf("%.40s: %v, %v", forged, page, err)
		}
	}
	if _, err := v.List(t.Context(), secret.Query{Next: sealed.Next}); !errors.Is(err, secret.ErrBadParameter) {
		t.Errorf("a token for a part of the list, from a caller that may see all of it: %v", err)
	}
	other, err := v.ListDeleted(t.Context(), secret.Query{Next: sealed.Next, MaxResults: 1, Filter: part})
	if err != nil || len(other.Secrets) != 1 || other.Secrets[0].Name != "b" {
		t.Errorf("a token for another list counts as one of another instance, which knows the place only: %v, %v", other, err)
	}
	all = all[:1]
	late := open(t, goodToken, names(&all, &calls))
	if page, err := late.List(t.Context(), secret.Query{Next: sealed.Next, Filter: part}); err != nil || len(page.Secrets) > 0 || page.Next != "" {
		t.Errorf("a list that has become shorter: %v, %v", page, err)
	}
}

// Whatever token a caller makes up, it gets an error or a page that it could get by counting.
func FuzzSealedToken(f *testing.F) {
	all, calls := []string{"a", "b", "c", "d"}, 0
	part := secret.Filter{Visible: func(string) bool { return false }}
	for _, seed := range []string{"", "x", "AAAA", strings.Repeat("A", 1404), strings.Repeat("_", 1404), "_w8" + strings.Repeat("A", 1403)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		v := open(t, goodToken, names(&all, &calls))
		page, err := v.List(t.Context(), secret.Query{Next: token, MaxResults: 1, Filter: part})
		if err != nil && !errors.Is(err, secret.ErrBadParameter) || err == nil && len(page.Secrets) > 1 {
			t.Errorf("%q: %v, %v", token, page, err)
		}
	})
}
