package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"testing"

	"rotunda/internal/standin/arm"
)

func TestAzureResourcesAreListed(t *testing.T) {
	found, _ := start(t, "-quickstart=false")
	if len(found.Resources) != len(arm.Examples()) || found.Resources["storage"] != arm.Examples()["storage"] {
		t.Errorf("the ready file lists %v", found.Resources)
	}
	proxy, err := url.Parse(found.Proxy)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(found.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	for address, status := range map[string]int{
		"https://" + arm.Host + found.Resources["storage"] + "?api-version=2023-05-01": http.StatusUnauthorized,
		"https://contosostore.blob.core.windows.net/?comp=list":                        http.StatusUnauthorized,
		"https://contososearch.search.windows.net/servicestats?api-version=2024-07-01": http.StatusForbidden,
	} {
		response, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%s: %s, want %d", address, response.Status, status)
		}
	}
}
