package audit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"rotunda/internal/audit"
)

// FuzzVerify replaces a part of a file that was ended with other bytes. Verify must find every
// change, whatever it is.
func FuzzVerify(f *testing.F) {
	dir := f.TempDir()
	log := open(f, audit.Config{Store: folder(f, dir)})
	for _, name := range []string{"a", "b", "c"} {
		write(f, log, read(name))
	}
	closeLog(f, log)
	name := list(f, dir)[0]
	path := filepath.Join(dir, filepath.FromSlash(name))
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	heads := verify(f, dir, audit.Options{}).Heads
	f.Add(0, 1, []byte("["))
	f.Add(100, 0, []byte(" "))
	f.Add(len(whole)-1, 1, []byte(""))
	f.Add(0, len(whole), []byte(""))
	f.Add(len(whole), 0, []byte("\n"))
	f.Add(200, 300, []byte(`{"seq":2}`+"\n"))
	f.Fuzz(func(t *testing.T, at, length int, with []byte) {
		at = min(max(at, 0), len(whole))
		end := at + min(max(length, 0), len(whole)-at)
		changed := append(append(bytes.Clone(whole[:at]), with...), whole[end:]...)
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		report := verify(t, dir, audit.Options{Heads: heads})
		if same := bytes.Equal(changed, whole); same != (report.Problems == nil) {
			t.Errorf("bytes %d to %d replaced by %q: %+v", at, end, with, report)
		}
	})
}
