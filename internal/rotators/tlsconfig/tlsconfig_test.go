package tlsconfig_test

import (
	"bytes"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/rotators/tlsconfig"
	"rotunda/internal/standin/ca"
)

// folder has a good file, and what a tag could name to do harm.
func folder(t *testing.T) rotation.Trust {
	t.Helper()
	dir := t.TempDir()
	signer, err := ca.New()
	rotatortest.Must(t, err)
	for name, content := range map[string][]byte{
		"ca.pem": signer.PEM(), "text.pem": []byte("canary"), "empty.pem": nil,
		"large.pem": append(bytes.Repeat([]byte("\n"), 1<<20), signer.PEM()...),
	} {
		rotatortest.Must(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	rotatortest.Must(t, os.Mkdir(filepath.Join(dir, "folder.pem"), 0o700))
	for name, target := range map[string]string{"link.pem": "ca.pem", "zero.pem": "/dev/zero", "out.pem": filepath.Join("..", filepath.Base(dir), "ca.pem")} {
		rotatortest.Must(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	root, err := os.OpenRoot(dir)
	rotatortest.Must(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return rotation.Trust{CAs: root.FS()}
}

func TestOnlyRegularFilesOfTheFolderAreRead(t *testing.T) {
	trust := folder(t)
	for name, ok := range map[string]bool{
		"ca.pem": true, "link.pem": true,
		"text.pem": false, "empty.pem": false, "large.pem": false, "folder.pem": false, "none.pem": false, "zero.pem": false, "out.pem": false,
	} {
		options, err := tlsconfig.New("db", tlsconfig.VerifyFull, "sslrootcert", name, trust)
		rotatortest.Must(t, err)
		config, err := options.Config("db")
		if fault := rotatortest.Fault(t, err); (fault == nil) != ok || ok && config.RootCAs == nil || !ok && config != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a file that is regular, and has no end.
type endless struct{ fs.FS }

func (endless) Open(string) (fs.File, error) { return endlessFile{}, nil }

type endlessFile struct{ fs.File }

func (endlessFile) Stat() (fs.FileInfo, error) { return os.Stat("tlsconfig_test.go") }

func (endlessFile) Read(p []byte) (int, error) { return len(p), nil }

func (endlessFile) Close() error { return nil }

func TestAFileThatGrowsIsNotReadWhole(t *testing.T) {
	options, err := tlsconfig.New("db", tlsconfig.VerifyFull, "cafile", "ca.pem", rotation.Trust{CAs: endless{}})
	rotatortest.Must(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = options.Config("db")
	runtime.ReadMemStats(&after)
	rotatortest.WantPermanent(t, err, "1 MiB")
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("allocated %d MiB", got>>20)
	}
}

func TestAServerThatIsNotVerifiedIsWarnedOf(t *testing.T) {
	trust := rotation.Trust{Plaintext: true}
	for mode, warned := range map[tlsconfig.Mode]bool{"disable": true, "require": true, "verify-full": false, "": false} {
		options, err := tlsconfig.FromParameters("db", url.Values{"sslmode": {string(mode)}}, trust, tlsconfig.Disable, tlsconfig.Require, tlsconfig.VerifyFull)
		if err != nil || len(options.Warnings("sslmode=x")) > 0 != warned {
			t.Errorf("%s: %v, %v", mode, options.Warnings("sslmode=x"), err)
		}
	}
}
