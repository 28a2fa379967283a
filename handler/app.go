package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"rotunda/functions"
	"rotunda/internal/azfunc"
	"rotunda/internal/gate"
	"rotunda/internal/identity"
	"rotunda/internal/lease"
	"rotunda/internal/rotation"
	"rotunda/internal/rotation/answer"
	"rotunda/internal/rotation/engine"
	"rotunda/internal/secrets"
	"rotunda/internal/settings"
	"rotunda/internal/telemetry"
	"rotunda/internal/vault"
	"rotunda/internal/wire"
)

// app is the assembled app.
type app struct {
	http.Handler
	vault    *vault.Vault
	attempts *answer.Attempts
	door     *door
}

// newApp joins vault, cache, rotation and functions. It makes no calls.
func newApp(s settings.Settings, provider *telemetry.Provider, log *slog.Logger) (app, error) {
	credential, err := identity.New(s.Vault.Cloud)
	if err != nil {
		return app{}, err
	}
	transport, err := vault.NewTransport(s.Vault.CAFile)
	if err != nil {
		return app{}, fmt.Errorf("%s: %w", settings.KeyVaultCAFile, err)
	}
	door, err := newDoor(s, credential, transport, log)
	if err != nil {
		return app{}, err
	}
	transport.Transport = provider.Transport(transport.Transport)
	vault, err := newVault(s, credential, transport)
	if err != nil {
		return app{}, err
	}
	locks, err := newLocks(s, credential, transport)
	if err != nil {
		return app{}, err
	}
	trust, err := newTrust(s.Rotation)
	if err != nil {
		return app{}, err
	}
	kept, err := secrets.New(vault, secrets.Limits(s.Cache))
	if err != nil {
		return app{}, err
	}
	attempts := &answer.Attempts{}
	rotators := newRotators(connections{credential, transport, s.Vault.Cloud, s.Rotation.Grace, webhookAudiences(s.Rotation.WebhookAudiences)})
	rotations := answer.Rotations{Engine: newEngine(s, kept, locks, trust, rotators), Secrets: kept, Log: log, Attempts: attempts, Audit: &door.access}
	links := wire.Links{Prefix: functions.RoutePrefix, PublicURL: s.PublicURL, Hostname: s.Hostname}
	handlers, err := functions.Handlers(kept, rotations, &door.access, links, s.Vault.Name)
	if err != nil {
		return app{}, err
	}
	router, err := azfunc.NewRouter(functions.Definitions, functions.RoutePrefix, handlers, provider, log)
	return app{router, vault, attempts, &door}, err
}

func newVault(s settings.Settings, credential azcore.TokenCredential, transport *http.Client) (*vault.Vault, error) {
	return vault.New(vault.Options{
		URL: s.Vault.URL, Credential: credential, Transport: transport, Identity: identity.Describe(s.ClientID),
		// As many calls at once as the transport keeps connections. One caller may use half of the
		// waiting places.
		Gate: gate.New(gate.Limits{InFlight: vault.MaxConnections, Waiting: 2048, PerSecond: s.Vault.CallsPerSecond}),
	})
}

func newEngine(s settings.Settings, vault engine.Vault, locks rotation.Locks, trust rotation.Trust, rotators []rotation.Described) *engine.Engine {
	r := s.Rotation
	return &engine.Engine{
		Vault: vault, Locks: locks, Rotators: byKind(rotators),
		Policy: engine.Policy{
			Lead: r.Lead, Grace: r.Grace, Cooldown: r.Cooldown, Hosts: rotation.Hosts(r.ProviderHosts), Trust: trust, Limit: r.AttemptLimit,
			CacheTTL: s.Cache.TTL, Vault: strings.TrimPrefix(s.Vault.URL, "https://"),
		},
	}
}

// newTrust opens the folder of certificate authorities as a root, which no link leads out of.
func newTrust(s settings.Rotation) (rotation.Trust, error) {
	trust := rotation.Trust{Plaintext: s.Plaintext}
	if s.CAFolder == "" {
		return trust, nil
	}
	folder, err := os.OpenRoot(s.CAFolder)
	if err != nil {
		return trust, fmt.Errorf("%s: %w", settings.RotationCAFolder, err)
	}
	trust.CAs = folder.FS()
	return trust, nil
}

// newLocks returns blob leases in Azure, and files on one machine.
func newLocks(s settings.Settings, credential azcore.TokenCredential, transport *http.Client) (rotation.Locks, error) {
	switch r := s.Rotation; {
	case r.LockFolder != "":
		return lease.File{Dir: r.LockFolder}, nil
	case r.LockAccount != "":
		return lease.NewBlob(lease.BlobOptions{
			ServiceURL: "https://" + r.LockAccount + s.Vault.BlobSuffix, Credential: credential, Transport: transport, Vault: s.Vault.Name,
		})
	}
	return lease.None{Remedy: fmt.Sprintf("Set %s to a storage account in which the app's identity may write blobs; on one machine, set %s to a folder.",
		settings.RotationLockAccount, settings.RotationLockFolder)}, nil
}
