package conformance_test

import (
	"os"
	"strings"
	"testing"

	"rotunda/internal/standin"
	"rotunda/internal/standin/entra"
)

func start(t *testing.T) *standin.Azure {
	t.Helper()
	azure, err := standin.Start(standin.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := azure.Close(); err != nil {
			t.Error(err)
		}
	})
	return azure
}

// principal returns the service principal of the clients, with a secret.
func principal(t *testing.T, azure *standin.Azure) entra.Application {
	t.Helper()
	made, err := azure.Entra().Register(entra.Application{Name: "clients", Secrets: []string{entra.NewSecret()}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// environment returns this process's environment without what would direct a client elsewhere,
// with the settings for the stand-ins, and more.
func environment(azure *standin.Azure, principal entra.Application, more ...string) []string {
	var env []string
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(setting), "=")
		if !strings.HasPrefix(name, "AZURE_") && !strings.HasPrefix(name, "IDENTITY_") && !strings.HasSuffix(name, "_PROXY") &&
			!strings.HasPrefix(name, "MSI_") && !strings.HasPrefix(name, "SYSTEM_") {
			env = append(env, setting)
		}
	}
	env = append(env,
		"AZURE_TENANT_ID="+azure.Entra().Tenant(), "AZURE_CLIENT_ID="+principal.ClientID, "AZURE_CLIENT_SECRET="+principal.Secrets[0],
		"SSL_CERT_FILE="+azure.CAFile(), "NODE_EXTRA_CA_CERTS="+azure.CAFile(), "REQUESTS_CA_BUNDLE="+azure.CAFile(),
		"HTTPS_PROXY="+azure.ProxyURL(), "NO_PROXY=localhost,127.0.0.1",
		"IDENTITY_ENDPOINT="+azure.IdentityEndpoint(), "IDENTITY_HEADER="+azure.IdentityHeader())
	return append(env, more...)
}
