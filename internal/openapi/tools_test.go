package openapi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/needed"
)

// node runs a program of lint/node_modules in the folder lint, and returns its output. Without
// Node or the program the test is skipped, or fails in CI.
func node(t *testing.T, program string, arguments ...string) (string, error) {
	t.Helper()
	program = needed.Installed(t, "internal", "openapi", "lint", "node_modules", filepath.FromSlash(program))
	command := exec.CommandContext(t.Context(), needed.Tool(t, "node"), append([]string{program}, arguments...)...)
	command.Dir = "lint"
	command.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1")
	out, err := command.CombinedOutput()
	return string(out), err
}

// description returns the path of docs/openapi.json.
func description(t *testing.T) string {
	t.Helper()
	return filepath.Join(needed.Root(t), "docs", "openapi.json")
}

func TestTheLinterFindsNothing(t *testing.T) {
	lint := func(file string) (string, error) {
		return node(t, "@redocly/cli/bin/cli.js", "lint", file, "--config", "redocly.yaml", "--format", "stylish")
	}
	if out, err := lint(description(t)); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(description(t))
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), `"operationId": "getsecret"`, `"operationId": "setsecret"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := lint(broken); err == nil || !strings.Contains(out, "operation-operationId-unique") {
		t.Errorf("two operations with one id: %v\n%s", err, out)
	}
}

// A generator of clients has to understand the description, and what it generates has to compile
// and to have the fields' types.
func TestGeneratedTypesCompile(t *testing.T) {
	folder := t.TempDir()
	types := filepath.Join(folder, "rotunda.ts")
	if out, err := node(t, "openapi-typescript/bin/cli.js", description(t), "--output", types); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	compile := func(name, text string) (string, error) {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return node(t, "typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022", "--moduleResolution", "bundler", "--module", "esnext", file)
	}
	if out, err := compile("right.ts", rightClient); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := compile("wrong.ts", strings.Replace(rightClient, `tries: 0`, `tries: "none"`, 1)); err == nil || !strings.Contains(out, "not assignable") {
		t.Errorf("a wrong type: %v\n%s", err, out)
	}
}

const rightClient = `import type { operations, components } from "./rotunda";

export const set: operations["setsecret"]["requestBody"]["content"]["application/json"] = { value: "…", tags: { env: "prod" } };
export const rotation: components["schemas"]["Rotation"] = { name: "db", status: "Running", state: "prepared", tries: 0 };
export function next(page: components["schemas"]["SecretPage"]): string | null { return page.nextLink; }
export function value(got: operations["getsecret"]["responses"][200]["content"]["application/json"]): string { return got.value ?? ""; }
`
