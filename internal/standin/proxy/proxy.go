// Package proxy is a CONNECT proxy that maps the real host names of a service to its stand-in, so
// that a program under test keeps its real addresses, its TLS checks and its default options:
// HTTPS_PROXY is all it needs. Every other host is rejected, which also proves what the program
// contacts.
//
// It is for tests and local runs, on a loopback address only.
package proxy

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Options say what is allowed. Routes is required.
type Options struct {
	// Routes maps the suffixes of allowed hosts, such as .vault.azure.net, to the address
	// (host:port) that stands in for each. One label must precede the suffix; the port must be
	// 443.
	Routes map[string]string
	// Logger receives a line for each CONNECT; nil discards it.
	Logger *slog.Logger
}

// Proxy is an http.Handler for CONNECT. Close ends its tunnels.
type Proxy struct {
	routes map[string]string
	log    *slog.Logger
	dialer net.Dialer

	mu      sync.Mutex
	hosts   map[string]string // whole names that Add allowed
	closed  bool
	tunnels map[*tunnel]struct{}
	counts  Counts

	open sync.WaitGroup // one for each of tunnels
}

var (
	_ http.Handler = (*Proxy)(nil)
	_ io.Closer    = (*Proxy)(nil)
)

// New returns a proxy. It fails if a route is not valid.
func New(opts Options) (*Proxy, error) {
	p := &Proxy{routes: map[string]string{}, hosts: map[string]string{}, log: opts.Logger, tunnels: map[*tunnel]struct{}{}}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	for suffix, address := range opts.Routes {
		if !strings.HasPrefix(suffix, ".") || strings.Contains(suffix, ":") {
			return nil, fmt.Errorf("proxy: the route %q is not a suffix of a host name: write it as .vault.azure.net", suffix)
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return nil, fmt.Errorf("proxy: the route %s leads to %q, which is not host:port: %w", suffix, address, err)
		}
		p.routes[strings.ToLower(suffix)] = address
	}
	return p, nil
}

// Add allows one host, such as login.microsoftonline.com, from now on. address (host:port) stands
// in for it.
func (p *Proxy) Add(host, address string) error {
	if strings.HasPrefix(host, ".") || strings.Contains(host, ":") || host == "" {
		return fmt.Errorf("proxy: %q is not a host name", host)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("proxy: the host %s leads to %q, which is not host:port: %w", host, address, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts[strings.ToLower(host)] = address
	return nil
}

// ServeHTTP opens a tunnel. 405: the method is not CONNECT. 403: the host has no route. 502: the
// stand-in is unreachable. 503: the proxy is closed.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		w.Header().Set("Allow", http.MethodConnect)
		refuse(w, "This proxy supports only CONNECT: use it as HTTPS_PROXY, for https addresses.", http.StatusMethodNotAllowed)
		return
	}
	address, ok := p.route(r.Host)
	p.record(r.Host, ok)
	if !ok {
		refuse(w, p.refusal(r.Host), http.StatusForbidden)
		return
	}
	server, err := p.dial(r.Context(), address)
	if err != nil {
		refuse(w, fmt.Sprintf("The stand-in for %s does not respond at %s: is it still running?", r.Host, address), http.StatusBadGateway)
		return
	}
	p.connect(w, server)
}

func (p *Proxy) dial(ctx context.Context, address string) (net.Conn, error) {
	return p.dialer.DialContext(ctx, "tcp", address)
}

// route returns the address that stands in for a host with its port.
func (p *Proxy) route(target string) (address string, ok bool) {
	host, port, err := net.SplitHostPort(target)
	if err != nil || port != "443" {
		return "", false
	}
	host = strings.ToLower(host)
	if address, ok := p.host(host); ok {
		return address, true
	}
	label, rest, found := strings.Cut(host, ".")
	if !found || label == "" {
		return "", false
	}
	address, ok = p.routes["."+rest]
	return address, ok
}

func (p *Proxy) host(name string) (address string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	address, ok = p.hosts[name]
	return address, ok
}

func (p *Proxy) refusal(target string) string {
	p.mu.Lock()
	allowed := slices.Sorted(maps.Keys(p.hosts))
	p.mu.Unlock()
	for _, suffix := range slices.Sorted(maps.Keys(p.routes)) {
		allowed = append(allowed, "*"+suffix)
	}
	return fmt.Sprintf("This proxy connects only to stand-ins: %s is not one of %s at port 443.", target, strings.Join(allowed, ", "))
}

// refuse also closes the connection: what follows a CONNECT may be meant for the tunnel, and must
// not be read as a request.
func refuse(w http.ResponseWriter, message string, status int) {
	w.Header().Set("Connection", "close")
	http.Error(w, message, status)
}
