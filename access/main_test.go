package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const file = `{
  "rules": [
    {"who": ["role:Reader"], "may": ["getSecret"], "secrets": ["payments-*"]}
  ],
  "tests": [
    {"who": ["role:Reader"], "may": ["getSecret payments-db"], "mayNot": ["setSecret payments-db"]}
  ]
}`

func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "access.json", file)
	write(t, "wrong.json", strings.NewReplacer(`"may": ["getSecret"]`, `"may": ["getsecret"]`, `payments-*`, `payments_*`).Replace(file))
	write(t, "failing.json", strings.Replace(file, `payments-*`, `payment-*`, 1))
	for _, row := range []struct {
		args   string
		code   int
		stdout string
		stderr []string
	}{
		{"test access.json", yes, "access.json is valid. Rules: 1. Tests that pass: 2.", nil},
		{"test wrong.json", failed, "", []string{`wrong.json: line 3, rules[0].may[0]: "getsecret" is not an action: write getSecret`, `wrong.json: line 3, rules[0].secrets[0]: "payments_*"`}},
		{"test failing.json", failed, "", []string{"failing.json: line 6, tests[0].may[0]: the test fails: role:Reader may not getSecret payments-db"}},
		{"test missing.json", failed, "", []string{"missing.json"}},
		{"may access.json role:Reader getSecret PAYMENTS-db", yes, "yes: role:Reader getSecret PAYMENTS-db: by the rule in line 3, rules[0]", nil},
		{"may access.json role:Other role:Reader getSecret payments-db", yes, "yes: ", nil},
		{"may access.json role:Other getSecret payments-db", no, "no: role:Other getSecret payments-db: no rule allows it", nil},
		{"may access.json role:Reader get payments-db", failed, "", []string{`"get" is not an action`}},
		{"may access.json Reader get payments_db", failed, "", []string{`"Reader" names no caller`, `"get" is not an action`}},
		{"may access.json github:a/b:c role:Reader getSecret x", failed, "", []string{"from another issuer"}},
		{"may missing.json role:Reader getSecret x", failed, "", []string{"missing.json"}},
		{"may access.json getSecret x", failed, "", []string{"usage:"}},
		{"", failed, "", []string{"usage:"}},
	} {
		var stdout, stderr strings.Builder
		code := run(strings.Fields(row.args), &stdout, &stderr)
		if code != row.code || !strings.Contains(stdout.String(), row.stdout) || (stdout.Len() == 0) != (row.stdout == "") {
			t.Errorf("%s: %d, %q", row.args, code, stdout.String())
		}
		for _, want := range row.stderr {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: stderr %q, want %q", row.args, stderr.String(), want)
			}
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Clean(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
