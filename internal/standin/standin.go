// Package standin runs all of Azure that the app needs on one machine: Key Vault, the managed
// identity, a proxy that leads the vaults' real host names to the stand-in, and an endpoint to look
// at them and make them fail. It is for tests and local runs, on loopback only.
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

	"rotunda/internal/standin/identity"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/standin/proxy"
)

// Options say how Azure is stood in for. Dir is required.
type Options struct {
	Dir           string        // for the CA file
	DataDir       string        // keeps the vaults; "" keeps them in memory
	RetentionDays int           // 7 to 90; 0 is 90
	VaultLatency  time.Duration // that each call to the vault takes on top
	NearExpiry    time.Duration // before a secret's end, when its event comes; 0 is 30 days
	DisableHTTP2  bool          // the vault speaks HTTP/1.1 only, as behind a proxy that opens TLS
	Logger        *slog.Logger  // nil discards
}

// Azure is what runs. Close ends it.
type Azure struct {
	vault    *keyvault.Server
	identity *identity.Server
	proxy    *proxy.Proxy

	caFile                                       string
	vaultAddr, identityURL, proxyURL, controlURL string
	baseFaults                                   keyvault.Faults
	connections                                  atomic.Int64 // TLS connections to the vault
	tokensBefore                                 atomic.Int64 // token requests before the last Reset
	closers                                      []func() error
}

// dataFile is the vaults' file in DataDir.
const dataFile = "vaults.db"

// vaultHosts is what the proxy lets through.
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
	if err := a.serveVault(options); err != nil {
		return nil, err
	}
	if a.proxy, err = proxy.New(proxy.Options{Routes: map[string]string{vaultHosts: a.vaultAddr}, Logger: options.Logger}); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.proxy.Close)
	for _, end := range []struct {
		url     *string
		handler http.Handler
	}{{&a.identityURL, a.identity}, {&a.proxyURL, a.proxy}, {&a.controlURL, a.control()}} {
		listener, err := a.serve(end.handler)
		if err != nil {
			return nil, err
		}
		*end.url = "http://" + listener.Addr().String()
	}
	return a, nil
}

func (a *Azure) openVault(options Options) (err error) {
	if a.identity, err = identity.New(identity.Options{}); err != nil {
		return err
	}
	opened := keyvault.Options{
		RetentionDays: options.RetentionDays, Tenant: a.identity.Tenant(),
		Check: a.identity.Verifier(keyvault.Resource), Logger: options.Logger, NearExpiry: options.NearExpiry,
	}
	if options.DataDir != "" {
		if err := os.MkdirAll(options.DataDir, 0o700); err != nil {
			return fmt.Errorf("the folder for the vaults' data: %w", err)
		}
		opened.DataFile = filepath.Join(options.DataDir, dataFile)
	}
	if a.vault, err = keyvault.New(opened); err != nil {
		return err
	}
	a.closers = append(a.closers, a.vault.Close)
	return a.vault.SetFaults(a.baseFaults)
}

// Close ends everything, last started first.
func (a *Azure) Close() error {
	var all error
	for i := len(a.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, a.closers[i]())
	}
	a.closers = nil
	return all
}

// Env is the settings that make an app use all this: real host names, and nothing for tests only.
func (a *Azure) Env(vault string) []string {
	return []string{
		"KEY_VAULT_NAME=" + vault,
		"KEY_VAULT_CA_FILE=" + a.caFile,
		"IDENTITY_ENDPOINT=" + a.IdentityEndpoint(),
		"IDENTITY_HEADER=" + a.IdentityHeader(),
		"HTTPS_PROXY=" + a.proxyURL,
	}
}

// Vault is the stand-in for Key Vault.
func (a *Azure) Vault() *keyvault.Server { return a.vault }

// Identity is the stand-in for the managed identity.
func (a *Azure) Identity() *identity.Server { return a.identity }

// VaultAddr is where the vault listens, as host:port.
func (a *Azure) VaultAddr() string { return a.vaultAddr }

// CAFile holds the certificate that the vault's is signed with.
func (a *Azure) CAFile() string { return a.caFile }

// ProxyURL is the CONNECT proxy's.
func (a *Azure) ProxyURL() string { return a.proxyURL }

// ControlURL is where counts are read and faults are set.
func (a *Azure) ControlURL() string { return a.controlURL }

// IdentityEndpoint is what App Service gives as IDENTITY_ENDPOINT.
func (a *Azure) IdentityEndpoint() string { return a.identityURL + "/msi/token" }

// IdentityHeader is what App Service gives as IDENTITY_HEADER.
func (a *Azure) IdentityHeader() string { return a.identity.Header() }

func listenLoopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
