package conformance_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
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

// register returns a service principal that may do everything.
func register(t *testing.T, azure *standin.Azure) standin.Caller {
	t.Helper()
	callers, err := azure.RegisterApp(map[string][]string{"client": {wiretest.AdminRole}})
	if err != nil {
		t.Fatal(err)
	}
	return callers["client"]
}

// environment returns this process's environment without what would direct a client elsewhere,
// with the settings for the stand-ins, and more.
func environment(azure *standin.Azure, caller standin.Caller, more ...string) []string {
	var env []string
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(setting), "=")
		if !strings.HasPrefix(name, "AZURE_") && !strings.HasPrefix(name, "IDENTITY_") && !strings.HasSuffix(name, "_PROXY") &&
			!strings.HasPrefix(name, "MSI_") && !strings.HasPrefix(name, "SYSTEM_") {
			env = append(env, setting)
		}
	}
	env = slices.Concat(env, azure.ClientEnv(), caller.Env(), []string{
		"IDENTITY_ENDPOINT=" + azure.IdentityEndpoint(), "IDENTITY_HEADER=" + azure.IdentityHeader(),
	})
	return append(env, more...)
}
