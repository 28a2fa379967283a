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

// TestTheDocumentation runs the commands of docs/access-rules.md on its example.
func TestTheDocumentation(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "access-rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```json\n")
	example, rest, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("the page has no example")
	}
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"access.json":  example,
		"wrong.json":   strings.Replace(example, "readRotation", "readrotation", 1),
		"failing.json": strings.Replace(example, "payments-*", "payment-*", 1),
	} {
		write(t, name, text)
		var stdout, stderr strings.Builder
		run([]string{"test", name}, &stdout, &stderr)
		if said := strings.ReplaceAll(stdout.String()+stderr.String(), name, "access.json"); !strings.Contains(rest, "$ go run ./access test access.json\n"+said+"```") {
			t.Errorf("%s: the page does not have the output\n%s", name, said)
		}
	}
	for _, action := range []string{"getSecret", "setSecret"} {
		args := "may access.json role:Payments.Reader " + action + " payments-db"
		var stdout, stderr strings.Builder
		run(strings.Fields(args), &stdout, &stderr)
		if !strings.Contains(rest, "$ go run ./access "+args+"\n"+stdout.String()) {
			t.Errorf("the page does not have the output of %s:\n%s%s", args, stdout.String(), stderr.String())
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Clean(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
