//go:build !windows

package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/stage"
	"rotunda/internal/wiretest"
)

const goodRules = `{"rules": [{"who": ["role:A"], "may": ["getSecret"], "secrets": ["a"]}]}`

// copyRoot returns a copy of the app root, without the binary.
func copyRoot(t *testing.T) string {
	t.Helper()
	from, to := wiretest.AppRoot(t), t.TempDir()
	files, err := filepath.Glob(filepath.Join(from, "*", "function.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d definitions, %v", len(files), err)
	}
	for _, file := range append(files, filepath.Join(from, "host.json")) {
		name, err := filepath.Rel(from, file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, name), string(text))
	}
	return to
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// In every mix of settings and staged files, either somebody checks who calls, or the app does not
// start, and says why.
func TestTheAppStartsOnlyIfSomebodyChecksWhoCalls(t *testing.T) {
	tokens := []string{"SIGN_IN=tokens", "SIGN_IN_AUDIENCE=https://contoso.com/rotunda", "SIGN_IN_TENANTS=5b1a7e0c-9a10-4b62-8f0e-0d5a3f6b7c11"}
	open := func(t *testing.T, root string) {
		if _, err := stage.OpenToTokens(t.TempDir(), root); err != nil {
			t.Fatal(err)
		}
	}
	rules := func(t *testing.T, root string) { write(t, filepath.Join(root, "access.json"), goodRules) }
	for name, row := range map[string]struct {
		env  []string
		root []func(*testing.T, string)
		says []string // nothing if the app starts
	}{
		"keys, and functions that need one":     {},
		"tokens, and open functions":            {tokens, []func(*testing.T, string){open, rules}, nil},
		"tokens, and functions that need a key": {tokens, []func(*testing.T, string){rules}, nil},
		"keys, and open functions":              {nil, []func(*testing.T, string){open}, []string{"getsecret/function.json", "anybody could call it", "SIGN_IN=tokens"}},
		"tokens, without rules":                 {tokens, []func(*testing.T, string){open}, []string{"ACCESS_RULES_FILE: the rules can't be read", "into access.json in the app root, or set ACCESS_RULES_FILE"}},
		"tokens, with wrong rules": {tokens, []func(*testing.T, string){func(t *testing.T, root string) {
			write(t, filepath.Join(root, "access.json"), `{"rules": [{"who": ["*"], "may": ["read"], "secrets": ["a_b"]}]}`)
		}}, []string{"rules[0].who[0]", "rules[0].may[0]", "rules[0].secrets[0]"}},
		"tokens, with issuers that could imitate each other": {
			append([]string{`TRUSTED_ISSUERS=[{"issuer":"https://a.example","audience":"x","principal":"ci:{sub}"},{"issuer":"https://b.example","audience":"x","principal":"ci:{ref}"}]`}, tokens...),
			[]func(*testing.T, string){open, rules},
			[]string{`two principals that begin with "ci:"`},
		},
		"tokens, without the rest":               {[]string{"SIGN_IN=tokens"}, []func(*testing.T, string){rules}, []string{"SIGN_IN_AUDIENCE is empty", "SIGN_IN_TENANTS is empty"}},
		"keys, and rules that nobody would read": {nil, []func(*testing.T, string){rules}, []string{"access.json exists, but SIGN_IN is keys"}},
		"keys, and settings of tokens":           {tokens[1:], nil, []string{"SIGN_IN_AUDIENCE is set, but SIGN_IN is keys", "SIGN_IN_TENANTS is set, but SIGN_IN is keys"}},
		"a word that is none":                    {[]string{"SIGN_IN=Tokens"}, nil, []string{`SIGN_IN is "Tokens": it must be keys or tokens`}},
		"a function that the app does not have": {nil, []func(*testing.T, string){func(t *testing.T, root string) {
			write(t, filepath.Join(root, "everything", "function.json"), `{"bindings":[{"type":"httpTrigger","authLevel":"anonymous","route":"{*path}"}]}`)
		}}, []string{"everything/function.json", "the app has no function everything"}},
		"no functions at all": {nil, []func(*testing.T, string){func(t *testing.T, root string) {
			files, _ := filepath.Glob(filepath.Join(root, "*", "function.json"))
			for _, file := range files {
				_ = os.Remove(file)
			}
		}}, []string{"the app root has no */function.json"}},
		"two places for the audit": {[]string{"AUDIT_ACCOUNT=contoso", "AUDIT_FOLDER=/tmp"}, nil, []string{"AUDIT_ACCOUNT and AUDIT_FOLDER are both set"}},
		"an audit of half":         {[]string{"AUDIT=some"}, nil, []string{`AUDIT is "some": it must be all or writes`}},
	} {
		t.Run(name, func(t *testing.T) {
			root := copyRoot(t)
			for _, change := range row.root {
				change(t, root)
			}
			p := start(t, append([]string{"KEY_VAULT_NAME=contoso", "FUNCTIONS_APP_ROOT_PATH=" + root, "HTTPS_PROXY=http://127.0.0.1:1"}, row.env...)...)
			if row.says == nil {
				if status, err := p.get(t.Context(), "/api/nowhere"); err != nil || status != http.StatusNotFound && status != http.StatusUnauthorized {
					t.Errorf("%d, %v\n%s", status, err, p.out)
				}
				return
			}
			_ = p.Wait()
			if code := p.ProcessState.ExitCode(); code != 1 {
				t.Errorf("exit code %d\n%s", code, p.out)
			}
			for _, want := range row.says {
				if !strings.Contains(strings.ReplaceAll(p.out.String(), `\"`, `"`), want) {
					t.Errorf("the log lacks %q:\n%s", want, p.out)
				}
			}
			said := map[string]bool{}
			for line := range strings.Lines(p.out.String()) {
				_, reason, _ := strings.Cut(line, `"the handler stopped","error":`)
				if reason != "" && said[reason] {
					t.Errorf("the log has twice: %s", reason)
				}
				said[reason] = true
			}
		})
	}
}
