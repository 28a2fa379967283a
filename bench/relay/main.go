// Command relay is the floor for a read that goes to the vault: a bare server that makes a bare
// HTTPS request for each request that it receives, with a token that it already has.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
)

func main() {
	pem, err := os.ReadFile(os.Getenv("KEY_VAULT_CA_FILE"))
	if err != nil {
		os.Exit(1)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 256,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	relay := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			return
		}
		if err := pass(client, w, r); err != nil {
			http.Error(w, "", http.StatusBadGateway)
		}
	})
	if http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), relay) != nil { //nolint:gosec // on loopback, for a benchmark
		os.Exit(1)
	}
}

func pass(client *http.Client, w http.ResponseWriter, r *http.Request) error {
	url := "https://" + os.Getenv("KEY_VAULT_NAME") + ".vault.azure.net" + r.URL.Path[len("/api"):] + "?api-version=2026-04-01"
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil) //nolint:gosec // the benchmark's own vault
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	response, err := client.Do(request) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	w.WriteHeader(response.StatusCode)
	_, err = io.Copy(w, response.Body)
	return err
}
