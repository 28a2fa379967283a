package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"rotunda/internal/standin"
	"rotunda/internal/standin/eventgrid"
	"rotunda/internal/standin/identity"
	"rotunda/internal/standin/keyvault"
)

// vaultAddresses is the content of -ready-file with -only vault. /ready.json has the same.
type vaultAddresses struct {
	PID              int            `json:"pid"`
	Vault            string         `json:"vault"`
	Proxy            string         `json:"proxy"`
	CA               string         `json:"ca"` // a file where the vault runs
	CAURL            string         `json:"caURL"`
	Authority        string         `json:"authority"`
	Client           standin.Caller `json:"client"`
	IdentityEndpoint string         `json:"identityEndpoint"`
	IdentityHeader   string         `json:"identityHeader"`
	Control          string         `json:"control"`
	Env              string         `json:"env"` // a file with the settings for a shell
}

// vaultAddresses returns the addresses for a client that finds everything at door.
func (d *desk) vaultAddresses(door string) vaultAddresses {
	return vaultAddresses{
		PID: os.Getpid(), Vault: d.vaultURL(), Proxy: door, CA: d.azure.CAFile(), CAURL: door + "/ca.pem",
		Authority: d.azure.Entra().Authority(), Client: d.client,
		IdentityEndpoint: door + identity.Path, IdentityHeader: d.azure.IdentityHeader(),
		Control: strings.Replace(d.azure.ControlURL(), d.azure.ProxyURL(), door, 1), Env: d.callerFile(onlyVault),
	}
}

// serveReady returns the addresses as the caller knows them: a container's port may be mapped to
// another. Until everything is up, it returns 503.
func (d *desk) serveReady(w http.ResponseWriter, r *http.Request) {
	if !d.up.Load() {
		http.Error(w, "The vault is starting.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(d.vaultAddresses("http://" + r.Host)) // the caller may have gone
}

func (d *desk) announceVault(out io.Writer) error {
	d.up.Store(true)
	all := d.vaultAddresses(d.azure.ProxyURL())
	if err := writeReadyFile(d.options.readyFile, all); err != nil {
		return err
	}
	d.onClose(func() { removeOwnReadyFile(d.options.readyFile) })
	fmt.Fprintf(out, "The vault is up.\n\n")
	for _, row := range [][2]string{
		{"vault", all.Vault + ", and https://<any name>.vault.azure.net"},
		{"proxy", all.Proxy + " (also /ready.json and /ca.pem)"},
		{"ca", all.CA},
		{"control", all.Control + " (counts and faults)"},
		{"events", cmp.Or(d.options.webhook(), "none; -events URL sends them to a webhook")},
	} {
		fmt.Fprintf(out, "  %-8s %s\n", row[0], row[1])
	}
	fmt.Fprintf(out, `
Try, in another shell:
  . %s
  TOKEN=$(curl -s -H "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?resource=%s&api-version=2019-08-01" | jq -r .access_token)
  curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -X PUT "$KEY_VAULT_URL/secrets/db?api-version=%[3]s" -d '{"value":"s3cr3t"}'
  curl -H "Authorization: Bearer $TOKEN" "$KEY_VAULT_URL/secrets/db?api-version=%[3]s"
`, all.Env, keyvault.Resource, apiVersion)
	return nil
}

// webhook returns where events go.
func (o options) webhook() string {
	if o.events == "" {
		return ""
	}
	return eventgrid.Where(o.events) + " (" + o.eventsSchema + ")"
}

// schemas are the forms of an event, by the values of -events-schema.
var schemas = map[string]func(keyvault.Event) json.RawMessage{
	eventgrid.SchemaEventGrid:   keyvault.Event.EventGrid,
	eventgrid.SchemaCloudEvents: keyvault.Event.CloudEvent,
}

func deliver(to *eventgrid.Subscription) func(context.Context, json.RawMessage) {
	return func(_ context.Context, event json.RawMessage) { to.Deliver(event) }
}
