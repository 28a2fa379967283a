package testserver

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rotunda/internal/needed"
)

// ferretDBModule requires FerretDB, so that the app's module does not.
const ferretDBModule = "internal/rotators/mongodb/ferretdb"

// ferretDBVersion is what its build writes into a file that its module lacks.
const ferretDBVersion = "v1.24.2"

// FerretDB is a server that speaks MongoDB's protocol, with SCRAM and users, and without their
// roles and custom data. It stores data in SQLite.
type FerretDB struct {
	server
	Admin, AdminPassword string // a user of the database admin
}

// StartFerretDB builds the server from its module, and starts one that ends with the test. The
// first build takes a minute or more. Without the module the test is skipped; with CI=true it
// fails.
func StartFerretDB(t testing.TB) *FerretDB {
	t.Helper()
	f := &FerretDB{Admin: "root", AdminPassword: randomPassword()}
	f.open(t, t)
	f.ready, f.quit = f.answers, syscall.SIGTERM
	path := f.build(t)
	f.command = []string{
		path, "--handler=sqlite", "--sqlite-url=file:" + f.folder(t, "data") + "/", "--state-dir=" + f.folder(t, "state"), "--listen-addr=" + f.Addr,
		"--debug-addr=-", "--telemetry=disable", "--test-enable-new-auth", "--setup-database=admin", "--setup-username=" + f.Admin, "--setup-password=" + f.AdminPassword,
	}
	f.Start(t)
	return f
}

// build builds the program from a copy of the module's source.
func (f *FerretDB) build(t testing.TB) string {
	t.Helper()
	source, program := filepath.Join(t.TempDir(), "source"), f.path("ferretdb")
	if err := os.CopyFS(source, os.DirFS(ferretDBSource(t))); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(source, "build", "version")
	for _, folder := range []string{source, version} { // the module's are read-only
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(version, "version.txt"), []byte(ferretDBVersion), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := needed.Go(t, source, []string{"GOFLAGS=", "GOWORK=off"}, "build", "-trimpath", "-o", program, "./cmd/ferretdb"); err != nil {
		t.Fatalf("FerretDB: %v", err)
	}
	return program
}

// ferretDBSource returns the folder of the module, which is downloaded if it is not there.
func ferretDBSource(t testing.TB) string {
	t.Helper()
	out, err := needed.Go(t, filepath.Join(needed.Root(t), filepath.FromSlash(ferretDBModule)), nil, "mod", "download", "-json", "github.com/FerretDB/FerretDB")
	_, rest, found := strings.Cut(string(out), `"Dir": "`)
	folder, _, _ := strings.Cut(rest, `"`)
	if err != nil || !found {
		needed.Missing(t, "FerretDB's module can't be downloaded: %v", err)
	}
	return filepath.FromSlash(folder)
}

// folder creates a folder that the server can write.
func (f *FerretDB) folder(t testing.TB, name string) string {
	t.Helper()
	err := os.Mkdir(f.path(name), 0o700)
	if err == nil && f.as != nil {
		err = os.Chown(f.path(name), f.as.uid, f.as.gid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f.path(name)
}

// answers returns nil if the server accepts connections.
func (f *FerretDB) answers(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", f.Addr)
	if err != nil {
		return err
	}
	return conn.Close()
}
