package needed

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Client returns the path of a part of a language's Key Vault client.
func Client(t testing.TB, path ...string) string {
	t.Helper()
	return Installed(t, append([]string{"internal", "standin", "conformance"}, path...)...)
}

// Python returns the path of a Python that has the Key Vault client.
func Python(t testing.TB) string {
	t.Helper()
	return Client(t, "python", ".venv", "bin", "python")
}

// BesideModules copies a JavaScript program to a folder where Node finds the Key Vault client, and
// returns the copy's path.
func BesideModules(t testing.TB, program string) string {
	t.Helper()
	modules, folder := Client(t, "js", "node_modules"), t.TempDir()
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, filepath.Base(program))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return file
}

// Java returns the command that runs a Java program with the Key Vault client. It trusts the
// certificates in a file by a store, because Java reads no variable for that.
func Java(t testing.TB, certificates, program string) []string {
	t.Helper()
	library, store := Client(t, "java", "target", "lib"), filepath.Join(t.TempDir(), "trust.p12")
	made, err := exec.Command(Tool(t, "keytool"), "-importcert", "-noprompt", "-alias", "stand-ins", "-file", certificates,
		"-keystore", store, "-storepass", "changeit").CombinedOutput()
	if err != nil {
		t.Fatalf("keytool: %v\n%s", err, made)
	}
	return []string{
		Tool(t, "java"), "-XX:TieredStopAtLevel=1", "-Djava.net.useSystemProxies=true", "-Djavax.net.ssl.trustStore=" + store,
		"-Djavax.net.ssl.trustStorePassword=changeit", "-cp", filepath.Join(library, "*"), program,
	}
}
