package azurekeys

import (
	"net/url"
	"strings"
	"testing"
)

// No id leads a request to another host, path or query than Azure Resource Manager's own.
func FuzzEscapeID(f *testing.F) {
	for _, id := range []string{
		"/subscriptions/1/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/contoso", "//evil.example/x", "/a/../b", "/a?b=c", "/a#b", "/a%2fb", "/é (x)/$Default", "\\\\x", "/a/./b", "/@x:1",
	} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		escaped, err := escapeID(id)
		if err != nil {
			return
		}
		const host = "https://management.azure.com"
		parsed, err := url.Parse(host + escaped + "/listKeys?api-version=1")
		if err != nil || parsed.Host != "management.azure.com" || parsed.RawQuery != "api-version=1" || parsed.Fragment != "" || parsed.User != nil {
			t.Fatalf("%q becomes %q", id, escaped)
		}
		if got := strings.TrimSuffix(parsed.Path, "/listKeys"); got != "/"+strings.TrimPrefix(id, "/") {
			t.Fatalf("%q is asked for as %q", id, got)
		}
	})
}

// Whatever Azure answers, reading it ends, and finds only keys with text.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"keys":[{"keyName":"key1","value":"v","permissions":"Full"}]}`, `{"primaryKey":"a","secondaryKey":null}`, `{"value":[{"id":"i","name":"Primary","value":"v"},7]}`,
		`{"masterKey":"m","functionKeys":{"default":"d"}}`, `{"passwords":{}}`, `[]`, `{"error":{"code":"X","message":"m"}}`, `{"status":"Succeeded"}`, "\xff",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range table {
			readers := []reader{s.read}
			if s.issued != nil {
				readers = append(readers, s.issued.read)
				_ = s.issued.value(body)
			}
			for _, read := range readers {
				if read == nil {
					continue
				}
				if keys, err := read(body); err != nil && len(keys) > 0 {
					t.Fatal("keys beside an error")
				}
			}
		}
		found := answer{status: 400, body: body}
		if cause := found.cause(); len(cause) > 60 {
			t.Fatalf("a code of %d characters is shown", len(cause))
		}
		_, _ = found.progress(request{what: "x"}, "status https://x")
		_ = found.fault(request{what: "x", action: "y"})
	})
}
