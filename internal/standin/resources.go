package standin

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"rotunda/internal/standin/arm"
	"rotunda/internal/standin/ca"
)

// serveResources serves Azure Resource Manager, and the data planes of the resources that
// AddResource adds.
func (a *Azure) serveResources(options Options) error {
	a.arm = arm.New(arm.Options{
		Tenant: a.entra.Tenant(), Check: arm.Check(a.entra), Assignments: options.Assignments, Logger: options.Logger,
	})
	listener, err := listenLoopback()
	if err != nil {
		return err
	}
	server := newServer(a.arm)
	certificates := &certificates{signer: a.signer}
	server.TLSConfig = &tls.Config{GetCertificate: certificates.get, MinVersion: tls.VersionTLS12}
	a.closers = append(a.closers, server.Close)
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with Close
	a.resourceAddr = listener.Addr().String()
	return errors.Join(a.publishResources(), a.serveRedis(certificates))
}

// serveRedis serves all caches at one port, over TLS: the host name that a client asks for names
// the cache.
func (a *Azure) serveRedis(certificates *certificates) error {
	plain, err := listenLoopback()
	if err != nil {
		return err
	}
	a.redisAddr = plain.Addr().String()
	listener := tls.NewListener(plain, &tls.Config{GetCertificate: certificates.get, MinVersion: tls.VersionTLS12})
	ctx, cancel := context.WithCancel(context.Background())
	a.closers = append(a.closers, func() error { cancel(); return listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go a.serveCache(ctx, conn)
		}
	}()
	return nil
}

// serveCache serves a connection until the client has gone, or ctx ends.
func (a *Azure) serveCache(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	secure, ok := conn.(*tls.Conn)
	if ok && secure.HandshakeContext(ctx) == nil {
		_ = a.arm.ServeRedis(conn, secure.ConnectionState().ServerName) // the client has gone
	}
}

// RedisAddr returns where the caches listen, as host:port. Redis is no HTTP, so the proxy does not
// lead there.
func (a *Azure) RedisAddr() string { return a.redisAddr }

// AddResource adds a resource to Azure Resource Manager, with new keys, and publishes the host
// names of its data plane.
func (a *Azure) AddResource(id string) error {
	if err := a.arm.AddResource(id); err != nil {
		return err
	}
	return a.publishResources()
}

func (a *Azure) publishResources() error {
	for _, host := range a.arm.Hosts() {
		if err := a.proxy.Add(host, a.resourceAddr); err != nil {
			return err
		}
	}
	return nil
}

// certificates are signed when a client asks for a host name, as those of resources are not known
// before.
type certificates struct {
	signer *ca.CA

	mu   sync.Mutex
	made map[string]*tls.Certificate
}

func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.made[hello.ServerName]; ok {
		return found, nil
	}
	certificate, err := c.signer.Certificate(hello.ServerName)
	if err != nil {
		return nil, err
	}
	if c.made == nil {
		c.made = map[string]*tls.Certificate{}
	}
	c.made[hello.ServerName] = &certificate
	return &certificate, nil
}
