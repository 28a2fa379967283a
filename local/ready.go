package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rotunda/internal/atomicfile"
	"rotunda/internal/standin/arm"
)

// addresses is the content of -ready-file: where everything is, and how to stop it.
type addresses struct {
	PID              int    `json:"pid"` // of this process, which is a child of `go run`
	App              string `json:"app"` // base URL of the API
	Vault            string `json:"vault"`
	VaultAddr        string `json:"vaultAddr"`
	CA               string `json:"ca"`
	Proxy            string `json:"proxy"`
	IdentityEndpoint string `json:"identityEndpoint"`
	IdentityHeader   string `json:"identityHeader"`
	Control          string `json:"control"`
	// Resources are the ids of Azure resources that have keys.
	Resources map[string]string `json:"resources"`
	Keys      *keyList          `json:"keys,omitempty"`

	Application application `json:"application"` // in Entra, whose client secret the app may rotate
	signIn
}

// writeReadyFile writes the file atomically, so that a reader that waits for it never sees half.
// Only this user may read it.
func writeReadyFile(file string, all any) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.Replace(file, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("-ready-file: %w", err)
	}
	return nil
}

// removeReadyFile removes the file of an earlier run, whose addresses lead nowhere.
func removeReadyFile(file string) error {
	if file == "" {
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("-ready-file: can't remove the one of an earlier run: %w", err)
	}
	return nil
}

// removeOwnReadyFile removes the file unless another run has written its own since.
func removeOwnReadyFile(file string) {
	var found addresses
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &found) == nil && found.PID == os.Getpid() {
		_ = os.Remove(file)
	}
}

// announce says that everything is up: on the terminal, and in the ready file, which exists only
// while it is.
func (d *desk) announce(out io.Writer) error {
	if (d.options.keys || d.options.tokens()) && d.options.readyFile == "" {
		d.options.readyFile = filepath.Join(d.folder.path, "ready.json")
	}
	if err := writeReadyFile(d.options.readyFile, d.addresses()); err != nil {
		return err
	}
	d.onClose(func() { removeOwnReadyFile(d.options.readyFile) })
	d.printAddresses(out)
	d.printKeys(out)
	return nil
}

func (d *desk) printAddresses(out io.Writer) {
	a := d.addresses()
	fmt.Fprintf(out, "Rotunda is up.\n\n")
	for _, row := range [][2]string{
		{"app", d.callersURL()},
		{"vault", a.Vault + " (a stand-in, on " + a.VaultAddr + ")"},
		{"azure", fmt.Sprintf("https://%s (a stand-in with %d resources that have keys: see docs/local.md)", arm.Host, len(a.Resources))},
		{"control", a.Control + " (counts and faults of the stand-ins)"},
		{"log", d.logFile},
	} {
		fmt.Fprintf(out, "  %-8s %s\n", row[0], row[1])
	}
	if d.options.tokens() {
		d.printTokens(out)
		return
	}
	header := ""
	if d.options.keys {
		header = `-H "x-functions-key: $KEY" `
	}
	fmt.Fprintf(out, `
Try:
  curl %[2]s-X PUT %[1]s/secrets/db-password -d '{"value":"s3cr3t"}'
  curl %[2]s%[1]s/secrets/db-password
  curl %[2]s-H 'Accept: text/plain' %[1]s/secrets/db-password
  curl %[2]s-X DELETE '%[1]s/secrets/db-password?wait=true'
`, a.App, header)
}
