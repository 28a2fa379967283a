package vault

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// MaxConnections is how many connections to the vault a transport keeps.
const MaxConnections = 256

// NewTransport returns an HTTP client for one busy host. It respects HTTPS_PROXY and NO_PROXY.
// If caFile is not "", it trusts the certificate authorities in that file besides the system's.
// It follows no redirects, so that the token goes nowhere else.
func NewTransport(caFile string) (*http.Client, error) {
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if caFile == "" {
		return &http.Client{Transport: newTransport(nil), CheckRedirect: noRedirect}, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", caFile)
	}
	return &http.Client{Transport: &lazyTransport{pem: pem}, CheckRedirect: noRedirect}, nil
}

// lazyTransport reads the system's certificate authorities at the first call, because that takes
// longer than the rest of the start.
type lazyTransport struct {
	pem  []byte
	once sync.Once
	made *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (l *lazyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	l.once.Do(func() {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool() // the system has none: trust those of the file alone
		}
		roots.AppendCertsFromPEM(l.pem)
		l.made = newTransport(roots)
	})
	return l.made.RoundTrip(r)
}

func newTransport(roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
		// All connections are to one host. With net/http's default of 2, most calls would need a
		// handshake.
		MaxIdleConns:        MaxConnections,
		MaxIdleConnsPerHost: MaxConnections,
		IdleConnTimeout:     90 * time.Second,
		// Pings detect a connection that has died silently (Azure/azure-sdk-for-go#21346).
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}
