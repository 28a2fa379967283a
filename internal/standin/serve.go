package standin

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"rotunda/internal/standin/ca"
)

// certify creates the CA, and its file.
func (a *Azure) certify(dir string) (err error) {
	if a.signer, err = ca.New(); err != nil {
		return err
	}
	a.caFile = filepath.Join(dir, "ca.pem")
	return a.signer.WriteFile(a.caFile)
}

// serveVault serves the vault over TLS, under the host names that the proxy maps to it.
func (a *Azure) serveVault(options Options) error {
	server := newServer(a.vault)
	if options.DisableHTTP2 {
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
	}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			a.connections.Add(1)
		}
	}
	address, err := a.serveTLS(server, "*"+vaultHosts, "localhost", "127.0.0.1")
	a.vaultAddr = address
	return err
}

// Publish serves a handler over TLS at host names, through the proxy, until Close.
func (a *Azure) Publish(handler http.Handler, hosts ...string) error {
	address, err := a.serveTLS(newServer(handler), hosts...)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if err := a.proxy.Add(host, address); err != nil {
			return err
		}
	}
	return nil
}

// serveTLS serves on a free loopback port, with a certificate of the CA for hosts, until Close.
func (a *Azure) serveTLS(server *http.Server, hosts ...string) (address string, err error) {
	certificate, err := a.signer.Certificate(hosts...)
	if err != nil {
		return "", err
	}
	listener, err := listenLoopback()
	if err != nil {
		return "", err
	}
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	a.closers = append(a.closers, server.Close)
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with Close
	return listener.Addr().String(), nil
}

// serve serves plain HTTP on a free loopback port until Close.
func (a *Azure) serve(handler http.Handler) (net.Listener, error) {
	listener, err := listenLoopback()
	if err != nil {
		return nil, err
	}
	server := newServer(handler)
	a.closers = append(a.closers, server.Close)
	go func() { _ = server.Serve(listener) }() // ends with Close
	return listener, nil
}

// newServer discards net/http's own log (a client that has gone, a connection that a fault
// closed).
func newServer(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
}
