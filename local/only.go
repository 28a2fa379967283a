package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"

	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/eventgrid"
	"rotunda/internal/standin/keyvault"
)

// onlyVault is the value of -only.
const onlyVault = "vault"

// The flags that need the app, and those that need the vault to be alone.
var (
	appFlags   = []string{"quickstart", "host", "set", "keys", "sign-in", "sqlserver"}
	vaultFlags = []string{"events", "events-schema", "seed"}
)

func (o options) checkOnly() error {
	if o.only != "" && o.only != onlyVault {
		return fmt.Errorf("-only is %q; the only value is vault", o.only)
	}
	for _, name := range appFlags {
		if o.only != "" && o.given[name] {
			return fmt.Errorf("-%s is for the app, which -only vault does not start: omit one of the two", name)
		}
	}
	for _, name := range vaultFlags {
		if o.only == "" && o.given[name] {
			return fmt.Errorf("-%s needs -only vault: here, the vault and its events are for the app", name)
		}
	}
	return o.checkEvents()
}

func (o options) checkEvents() error {
	if o.events == "" && o.given["events-schema"] {
		return errors.New("-events-schema needs -events")
	}
	if o.events == "" {
		return nil
	}
	if err := (eventgrid.Options{URL: o.events, Schema: o.eventsSchema}).Check(); err != nil {
		return fmt.Errorf("-events: %w", err)
	}
	return nil
}

// runVault serves the vault, the tenant and the identity, without the app.
func runVault(ctx context.Context, stop func(), options options, stdout io.Writer) (err error) {
	d := &desk{options: options}
	defer func() { d.tearDown(err) }()
	if err = d.setUpVault(ctx, stop, stdout); err != nil {
		err = failure(ctx, err)
		return err
	}
	if err = d.announceVault(stdout); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "\nServing until Ctrl-C.")
	<-ctx.Done()
	return nil
}

func (d *desk) setUpVault(ctx context.Context, stop func(), out io.Writer) (err error) {
	seeds, err := readSeeds(d.options.seed)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, d.options.addr)
	if err != nil {
		return err
	}
	d.onClose(func() { _ = listener.Close() })
	if d.folder, err = newFolder(); err != nil {
		return err
	}
	if err := d.startVault(stop, listener); err != nil {
		return err
	}
	if err := d.subscribe(ctx, out); err != nil {
		return err
	}
	return errors.Join(d.sow(ctx, seeds), d.azure.Reset()) // the counts are those of clients
}

// startVault serves everything at the listener, so that a container needs one port.
func (d *desk) startVault(stop func(), listener net.Listener) (err error) {
	d.azure, err = standin.Start(standin.Options{
		Dir: d.folder.path, DataDir: d.options.dataDir, RetentionDays: d.options.retentionDays, VaultLatency: d.options.vaultLatency,
		Logger: d.vaultLog(), Stop: stop, DoorURL: "http://" + reachable(listener.Addr()),
	})
	if err != nil {
		return err
	}
	d.onClose(func() { _ = d.azure.Close() })
	if err := d.registerClient(); err != nil {
		return err
	}
	d.serve(d.azure.Door(map[string]http.HandlerFunc{"GET /ready.json": d.serveReady}), listener)
	return nil
}

// vaultLog has a line for each call of the vault, for each token, and for each tunnel.
func (d *desk) vaultLog() *slog.Logger {
	if !d.options.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// registerClient registers what clients sign in as, and writes its settings for a shell.
func (d *desk) registerClient() error {
	secret := entra.NewSecret()
	made, err := d.azure.Entra().Register(entra.Application{Name: "client", Secrets: []string{secret}})
	if err != nil {
		return err
	}
	d.client = standin.Caller{TenantID: d.azure.Entra().Tenant(), ClientID: made.ClientID, ClientSecret: secret, ObjectID: made.ObjectID}
	return d.writeCaller(onlyVault, slices.Concat([]string{"KEY_VAULT_URL=" + d.vaultURL()}, d.client.Env(), []string{
		"IDENTITY_ENDPOINT=" + d.azure.IdentityEndpoint(), "IDENTITY_HEADER=" + d.azure.IdentityHeader(),
	}))
}

func (d *desk) vaultURL() string { return "https://" + d.options.vault + ".vault.azure.net" }

// subscribe delivers the vault's events to the webhook, if the flags name one.
func (d *desk) subscribe(ctx context.Context, out io.Writer) error {
	if d.options.events == "" {
		return nil
	}
	subscription, err := eventgrid.Subscribe(ctx, eventgrid.Options{
		URL: d.options.events, Schema: d.options.eventsSchema, Logger: slog.New(slog.NewTextHandler(out, nil)),
		Topic: keyvault.Topic(d.options.vault),
	})
	if err != nil {
		return fmt.Errorf("-events: %w", err)
	}
	d.onClose(func() { _ = subscription.Close() })
	d.onClose(d.azure.Subscribe(schemas[d.options.eventsSchema], deliver(subscription)))
	return nil
}
