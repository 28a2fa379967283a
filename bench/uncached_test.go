package bench_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"rotunda/internal/standin"
	"rotunda/internal/standin/keyvault"
	"rotunda/internal/wiretest"
)

// BenchmarkUncachedGet measures a get that goes to the vault: by a bare HTTPS request, by
// azsecrets, and through the handler, interleaved, at vault latencies of 0 and 5 ms. It calls the
// handler directly, because the host's hop is not part of the app.
func BenchmarkUncachedGet(b *testing.B) {
	for _, latency := range []time.Duration{0, 5 * time.Millisecond} {
		b.Run(fmt.Sprintf("vault=%s", latency), func(b *testing.B) { uncachedGet(b, latency) })
	}
}

func uncachedGet(b *testing.B, latency time.Duration) {
	app := wiretest.Start(b, wiretest.Options{VaultLatency: latency, Unchecked: true})
	app.Do(b, http.MethodPut, "/secrets/a", `{"value":"canary-a"}`)
	client := vaultClient(b, app.Azure)
	token, err := app.Azure.Identity().Token(keyvault.Resource)
	if err != nil {
		b.Fatal(err)
	}
	sdk := sdkClient(b, client, token)
	calls := []func() error{
		func() error {
			return get(client, "https://contoso.vault.azure.net/secrets/a?api-version=2026-04-01", "Authorization: Bearer "+token)
		},
		func() error { _, err := sdk.GetSecret(b.Context(), "a", "", nil); return err },
		func() error {
			return get(http.DefaultClient, "http://"+app.Host.HandlerAddr()+"/api/secrets/a", "Cache-Control: no-cache")
		},
	}
	times := make([][]time.Duration, len(calls))
	for _, call := range calls { // for connections and tokens
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for i, call := range calls {
			started := time.Now()
			if err := call(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], time.Since(started))
		}
	}
	report(b, "µs", median(times[0]), median(times[2]))
	b.ReportMetric(float64(median(times[1]).Microseconds()), "µs-azsecrets")
	b.ReportMetric(float64(median(times[2]))/float64(median(times[1])), "ratio-azsecrets")
}

// vaultClient connects to the vault as the handler does: by its name, through the proxy.
func vaultClient(b testing.TB, azure *standin.Azure) *http.Client {
	b.Helper()
	transport, err := standin.Transport(azure.CAFile(), azure.ProxyURL())
	if err != nil {
		b.Fatal(err)
	}
	transport.ForceAttemptHTTP2 = true
	return &http.Client{Transport: transport}
}

type fixedToken string

func (f fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func sdkClient(b testing.TB, client *http.Client, token string) *azsecrets.Client {
	b.Helper()
	options := &azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: client}}
	sdk, err := azsecrets.NewClient("https://contoso.vault.azure.net", fixedToken(token), options)
	if err != nil {
		b.Fatal(err)
	}
	return sdk
}

func get(client *http.Client, address, header string) error {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	name, value, _ := strings.Cut(header, ": ")
	request.Header.Set(name, value)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	return nil
}
