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

// NewTransport makes an HTTP client for one busy host. It honours HTTPS_PROXY and NO_PROXY, and
// trusts the authorities in caFile beside the system's when caFile is not "". Redirects are not
// followed: the token must not travel.
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
		return nil, fmt.Errorf("%s has no certificate in PEM form", caFile)
	}
	return &http.Client{Transport: &lazyTransport{pem: pem}, CheckRedirect: noRedirect}, nil
}

// lazyTransport reads the system's authorities at the first call, not at the start: that takes
// longer than all the rest of it.
type lazyTransport struct {
	pem  []byte
	once sync.Once
	made *http.Transport
}

func (l *lazyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	l.once.Do(func() {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool() // a machine without any: ours alone
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
		// One host, so its share is the whole: net/http's default of 2 makes a storm of handshakes.
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		// A connection that died in silence is found by pings (Azure/azure-sdk-for-go#21346).
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}
