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

// serveVault serves the vault over TLS, under the host names that the proxy maps to it.
func (a *Azure) serveVault(options Options) error {
	signer, err := ca.New()
	if err != nil {
		return err
	}
	a.caFile = filepath.Join(options.Dir, "ca.pem")
	if err := signer.WriteFile(a.caFile); err != nil {
		return err
	}
	certificate, err := signer.Certificate("*"+vaultHosts, "localhost", "127.0.0.1")
	if err != nil {
		return err
	}
	listener, err := listenLoopback()
	if err != nil {
		return err
	}
	a.vaultAddr = listener.Addr().String()
	server := newServer(a.vault)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if options.DisableHTTP2 {
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
	}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			a.connections.Add(1)
		}
	}
	a.closers = append(a.closers, server.Close)
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with Close
	return nil
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
