package standin

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

// Transport returns a transport with the settings of ClientEnv, for clients in Go: net/http itself
// reads HTTPS_PROXY only once in a process. It goes through a proxy, and trusts the certificates
// in a file.
func Transport(caFile, proxy string) (*http.Transport, error) {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	address, err := url.Parse(proxy)
	if err != nil {
		return nil, err
	}
	return &http.Transport{Proxy: http.ProxyURL(address), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil
}
