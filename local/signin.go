package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rotunda/internal/stage"
	"rotunda/internal/standin"
)

// The callers of a run with -sign-in tokens. examples/access.json says what they may do.
const (
	admin  = "admin"
	reader = "reader"
	nobody = "nobody"
)

var callerRoles = map[string][]string{admin: {"Secrets.Admin"}, reader: {"Payments.Reader"}, nobody: nil}

// signIn is what the ready file says about sign-in by token.
type signIn struct {
	AppURL    string                    `json:"appURL,omitempty"` // the app's API, by TLS through the proxy
	Audience  string                    `json:"audience,omitempty"`
	Authority string                    `json:"authority,omitempty"`
	Callers   map[string]standin.Caller `json:"callers,omitempty"`
	Audit     string                    `json:"audit,omitempty"` // a folder; none if AUDIT_FOLDER is empty
}

// registerCallers registers app and callers with the tenant, and writes a file of settings for
// each caller.
func (d *desk) registerCallers() error {
	if !d.options.tokens() {
		return nil
	}
	callers, err := d.azure.RegisterApp(callerRoles)
	if err != nil {
		return err
	}
	d.signIn = signIn{
		AppURL: standin.AppURL, Audience: standin.Audience, Authority: d.azure.Entra().Authority(), Callers: callers,
	}
	for name, caller := range callers {
		if err := d.writeCaller(name, caller.Env()); err != nil {
			return err
		}
	}
	return d.startWorkflow()
}

// writeCaller writes what a shell reads to run a client as the caller. Only this user may read it.
func (d *desk) writeCaller(name string, env []string) error {
	var text strings.Builder
	for _, setting := range slices.Concat(d.azure.ClientEnv(), env) {
		key, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", key, value)
	}
	if d.repo != "" {
		text.WriteString(installedClients(d.repo))
	}
	return os.WriteFile(d.callerFile(name), []byte(text.String()), 0o600)
}

func (d *desk) callerFile(name string) string { return filepath.Join(d.folder.path, name+".env") }

// installedClients leads Python and Node to the clients that `make setup` has installed, if it
// has.
func installedClients(repo string) (text string) {
	clients := filepath.Join(repo, "internal", "standin", "conformance")
	if python := filepath.Join(clients, "python", ".venv", "bin"); isFolder(python) {
		text += fmt.Sprintf("export PATH='%s':\"$PATH\"\n", python)
	}
	if node := filepath.Join(clients, "js", "node_modules"); isFolder(node) {
		text += fmt.Sprintf("export NODE_PATH='%s'\n", node)
	}
	return text
}

func isFolder(path string) bool {
	about, err := os.Stat(path)
	return err == nil && about.IsDir()
}

// signInDefaults returns settings that the user's replace.
func (d *desk) signInDefaults() (settings []string) {
	if d.options.tokens() {
		settings = append(settings, auditFolder+"="+filepath.Join(d.folder.path, "audit"), standin.GitHubEnv())
	}
	if d.options.tokens() && !d.ownRules {
		settings = append(settings, "ACCESS_RULES_FILE="+filepath.Join(d.repo, exampleRules))
	}
	return settings
}

const auditFolder = "AUDIT_FOLDER"

// exampleRules is the file that says what the callers may do, unless the repository has its own.
var exampleRules = filepath.Join("examples", "access.json")

func (d *desk) rules() string {
	if d.ownRules {
		return stage.RulesFile
	}
	return exampleRules
}

func (d *desk) signInSettings() []string {
	if !d.options.tokens() {
		return nil
	}
	return d.azure.SignInEnv()
}

// callersURL returns the app's API as callers use it.
func (d *desk) callersURL() string {
	if d.options.tokens() {
		return d.signIn.AppURL
	}
	return d.app
}

func (d *desk) printTokens(out io.Writer) {
	for _, row := range [][2]string{
		{"rules", d.rules()},
		{"audit", cmp.Or(d.signIn.Audit, "none, as "+auditFolder+" is empty")},
		{"callers", strings.Join(slices.Sorted(maps.Keys(d.signIn.Callers)), ", ") + " (see callers in " + d.options.readyFile + ")"},
	} {
		fmt.Fprintf(out, "  %-8s %s\n", row[0], row[1])
	}
}
