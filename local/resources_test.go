package main

import (
	"net/http"
	"testing"

	"rotunda/internal/standin"
	"rotunda/internal/standin/arm"
)

func TestAzureResourcesAreListed(t *testing.T) {
	found, _ := start(t, "-quickstart=false")
	if len(found.Resources) != len(arm.Examples()) || found.Resources["storage"] != arm.Examples()["storage"] {
		t.Errorf("the ready file lists %v", found.Resources)
	}
	transport, err := standin.Transport(found.CA, found.Proxy)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: transport}
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
