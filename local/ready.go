package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// addresses is the content of -ready-file: where everything is.
type addresses struct {
	App              string `json:"app"` // base URL of the API
	Vault            string `json:"vault"`
	VaultAddr        string `json:"vaultAddr"`
	CA               string `json:"ca"`
	Proxy            string `json:"proxy"`
	IdentityEndpoint string `json:"identityEndpoint"`
	IdentityHeader   string `json:"identityHeader"`
	Control          string `json:"control"`
}

// writeReadyFile writes the file atomically, so that a reader that waits for it never sees half.
func writeReadyFile(file string, all addresses) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".ready-*")
	if err != nil {
		return fmt.Errorf("-ready-file: %w", err)
	}
	_, writeErr := temporary.Write(append(text, '\n'))
	if err := errors.Join(writeErr, temporary.Close(), os.Rename(temporary.Name(), file)); err != nil {
		return fmt.Errorf("-ready-file: %w", err)
	}
	return nil
}

func (d *desk) printAddresses(out io.Writer) {
	a := d.addresses()
	fmt.Fprintf(out, "Rotunda is up.\n\n")
	for _, row := range [][2]string{
		{"app", a.App},
		{"vault", a.Vault + " (a stand-in, on " + a.VaultAddr + ")"},
		{"control", a.Control + " (counts and faults of the stand-ins)"},
		{"log", d.logFile},
	} {
		fmt.Fprintf(out, "  %-8s %s\n", row[0], row[1])
	}
	fmt.Fprintf(out, `
Try:
  curl -X PUT %[1]s/secrets/db-password -d '{"value":"s3cr3t"}'
  curl %[1]s/secrets/db-password
  curl -H 'Accept: text/plain' %[1]s/secrets/db-password
  curl -X DELETE '%[1]s/secrets/db-password?wait=true'
`, a.App)
}

func ignoreHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}
