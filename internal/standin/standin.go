// Package standin runs everything in Azure that the app and its callers need on one machine: Key
// Vault, Entra, Microsoft Graph, the managed identity, Azure Resource Manager with services that
// have keys, a proxy that maps the real host names to the stand-ins, and an endpoint to inspect
// them and make them fail. It is for tests and local runs, on loopback only.
package standin

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"rotunda/internal/standin/arm"
	"rotunda/internal/standin/ca"
	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/graph"
	"rotunda/internal/standin/identity"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/proxy"
)

// Options configure the stand-ins. Dir is required.
type Options struct {
	Dir           string              // for the CA file
	DataDir       string              // stores the vaults; "" means memory
	RetentionDays int                 // 7 to 90; 0 is 90
	VaultLatency  time.Duration       // added to each call to the vault
	NearExpiry    time.Duration       // how long before the expiry its event is sent; 0 is 30 days
	DisableHTTP2  bool                // the vault serves only HTTP/1.1, as behind a proxy that terminates TLS
	Logger        *slog.Logger        // nil discards
	Roles         map[string][]string // app roles of the managed identity, by the API's URI
	Assignments   []arm.Assignment    // rights at Azure Resource Manager; nil allows everything
	Directory     *entra.Directory    // the tenant; nil makes a new one, which takes a moment
	Stop          func()              // what POST /stop on the control endpoint calls; nil means no such path
	DoorURL       string              // where the caller serves Door, such as http://127.0.0.1:7071; "" means three free ports
}

// Azure is the running stand-ins. Close ends them.
type Azure struct {
	vault    *keyvault.Server
	entra    *entra.Directory
	graph    *graph.Server
	identity *identity.Server
	arm      *arm.Server
	proxy    *proxy.Proxy
	signer   *ca.CA

	caFile                                       string
	vaultAddr, identityURL, proxyURL, controlURL string
	resourceAddr                                 string // of Azure Resource Manager and the data planes
	redisAddr                                    string // of caches
	controls                                     http.Handler
	baseFaults                                   keyvault.Faults
	connections                                  atomic.Int64 // TLS connections to the vault
	tokensBefore                                 atomic.Int64 // token requests before the last Reset
	closers                                      []func() error
}

// dataFile is the vaults' file in DataDir.
const dataFile = "vaults.db"

// vaultHosts is the suffix of the hosts that the proxy allows.
const vaultHosts = ".vault.azure.net"

// Start starts everything on free loopback ports.
func Start(options Options) (_ *Azure, err error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Azure{baseFaults: keyvault.Faults{Latency: keyvault.Duration(options.VaultLatency)}}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	if err := a.openVault(options); err != nil {
		return nil, err
	}
	if err := a.certify(options.Dir); err != nil {
		return nil, err
	}
	if err := a.serveVault(options); err != nil {
		return nil, err
	}
	if a.proxy, err = proxy.New(proxy.Options{Routes: map[string]string{vaultHosts: a.vaultAddr}, Logger: options.Logger}); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.proxy.Close)
	if err := errors.Join(a.Publish(a.entra, entra.Hosts...), a.Publish(a.graph, graph.Host)); err != nil {
		return nil, err
	}
	if err := a.serveResources(options); err != nil {
		return nil, err
	}
	a.controls = a.control(options.Stop)
	if options.DoorURL != "" {
		a.useDoor(options.DoorURL)
		return a, nil
	}
	return a, a.servePlain()
}

// servePlain serves identity, proxy and control at free ports.
func (a *Azure) servePlain() error {
	for _, end := range []struct {
		url     *string
		handler http.Handler
	}{{&a.identityURL, a.identity}, {&a.proxyURL, a.proxy}, {&a.controlURL, a.controls}} {
		listener, err := a.serve(end.handler)
		if err != nil {
			return err
		}
		*end.url = "http://" + listener.Addr().String()
	}
	return nil
}

func (a *Azure) openVault(options Options) (err error) {
	if a.entra = options.Directory; a.entra == nil {
		if a.entra, err = entra.New(entra.Options{}); err != nil {
			return err
		}
	}
	a.graph = graph.New(a.entra)
	if a.identity, err = identity.New(identity.Options{Directory: a.entra, Roles: options.Roles}); err != nil {
		return err
	}
	opened := keyvault.Options{
		RetentionDays: options.RetentionDays, Tenant: a.entra.Tenant(),
		Check: a.entra.Verifier(keyvault.Resource), Logger: options.Logger, NearExpiry: options.NearExpiry,
	}
	if options.DataDir != "" {
		if err := os.MkdirAll(options.DataDir, 0o700); err != nil {
			return fmt.Errorf("can't create the folder for the vaults' data: %w", err)
		}
		opened.DataFile = filepath.Join(options.DataDir, dataFile)
	}
	if a.vault, err = keyvault.New(opened); err != nil {
		return err
	}
	a.closers = append(a.closers, a.vault.Close)
	return a.vault.SetFaults(a.baseFaults)
}

// Close ends everything, in reverse order of starting.
func (a *Azure) Close() error {
	var all error
	for i := len(a.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, a.closers[i]())
	}
	a.closers = nil
	return all
}

// Env returns the settings that make an app use the stand-ins: real host names, and nothing that
// only tests use.
func (a *Azure) Env(vault string) []string {
	return []string{
		"KEY_VAULT_NAME=" + vault,
		"KEY_VAULT_CA_FILE=" + a.caFile,
		"IDENTITY_ENDPOINT=" + a.IdentityEndpoint(),
		"IDENTITY_HEADER=" + a.IdentityHeader(),
		"HTTPS_PROXY=" + a.proxyURL,
	}
}

// Vault returns the stand-in for Key Vault.
func (a *Azure) Vault() *keyvault.Server { return a.vault }

// Entra returns the stand-in for the tenant.
func (a *Azure) Entra() *entra.Directory { return a.entra }

// Graph returns the stand-in for Microsoft Graph.
func (a *Azure) Graph() *graph.Server { return a.graph }

// Identity returns the stand-in for the managed identity.
func (a *Azure) Identity() *identity.Server { return a.identity }

// ARM returns the stand-in for Azure Resource Manager. To add a resource, use AddResource, which
// also publishes its host names.
func (a *Azure) ARM() *arm.Server { return a.arm }

// VaultAddr returns where the vault listens, as host:port.
func (a *Azure) VaultAddr() string { return a.vaultAddr }

// CAFile returns the file with the certificate of the CA that certifies all host names.
func (a *Azure) CAFile() string { return a.caFile }

// ProxyURL returns the URL of the CONNECT proxy.
func (a *Azure) ProxyURL() string { return a.proxyURL }

// ControlURL returns the URL where counts are read and faults are set.
func (a *Azure) ControlURL() string { return a.controlURL }

// IdentityEndpoint returns what App Service sets as IDENTITY_ENDPOINT.
func (a *Azure) IdentityEndpoint() string { return a.identityURL + "/msi/token" }

// IdentityHeader returns what App Service sets as IDENTITY_HEADER.
func (a *Azure) IdentityHeader() string { return a.identity.Header() }

func listenLoopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
