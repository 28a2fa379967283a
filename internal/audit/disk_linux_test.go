package audit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/audit"
)

// limited writes while no file may grow, until one is full, and when there is room again.
func limited(dir string) error {
	signal.Ignore(syscall.SIGXFSZ) // then the write fails
	if err := limitFiles(0); err != nil {
		return err
	}
	store, err := audit.OpenFolder(dir)
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Config{Store: store, Vault: "contoso"})
	if err != nil {
		return err
	}
	if err := refused(log.Write(context.Background(), read("refused"))); err != nil {
		return err
	}
	if names, err := store.List(context.Background()); err != nil || len(names) > 0 {
		return fmt.Errorf("a full disk has %q, %w", names, err)
	}
	if log.Healthy() == nil {
		return errors.New("healthy though no file may grow")
	}
	if err := recovers(log, 20_000); err != nil {
		return err
	}
	written := 0
	for err = nil; err == nil; written++ {
		err = log.Write(context.Background(), read(fmt.Sprint("n", written)))
	}
	if err := errors.Join(refused(err), recovers(log, 1<<30)); err != nil {
		return err
	}
	fmt.Println("written:", written-1)
	return errors.Join(log.Write(context.Background(), read("after")), log.Close(context.Background()))
}

// refused returns nil if err is that of a record for which a file may not grow.
func refused(err error) error {
	if !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), "file too large") {
		return fmt.Errorf("when a file may not grow: %w", err)
	}
	return nil
}

// recovers lets files grow, and waits until the log has found out.
func recovers(log *audit.Log, size uint64) error {
	err := limitFiles(size)
	for err == nil && log.Healthy() != nil {
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

func limitFiles(size uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = size
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

func TestADiskThatIsFull(t *testing.T) {
	dir := t.TempDir()
	_, out := actor(t, "limited", dir)
	var said []string
	for out.Scan() {
		said = append(said, out.Text())
	}
	var written int
	if _, err := fmt.Sscanf(strings.Join(said, "\n"), "written: %d", &written); err != nil || written < 10 {
		t.Fatalf("the writer said %q", said)
	}
	kept := map[string]bool{}
	report := verify(t, dir, audit.Options{Each: func(_ string, r audit.Record) { kept[r.Secret] = true }})
	for i := range written {
		if name := fmt.Sprint("n", i); !kept[name] {
			t.Errorf("%s was written and is not there", name)
		}
	}
	if hours := hoursOf(list(t, dir)); report.Problems != nil || !kept["after"] || kept["refused"] || report.Files < 2 || report.Files > 1+hours {
		t.Errorf("%v: %+v", kept, report)
	}
	if len(report.Notes) == 0 || !strings.Contains(strings.Join(report.Notes, "\n"), "half a line follows record") {
		t.Errorf("the test did not fill a file in the middle of a line: %q", report.Notes)
	}
}

// TestAFolderThatIsGone removes the folder, or the right to write to it.
func TestAFolderThatIsGone(t *testing.T) {
	dir := t.TempDir()
	store := folder(t, dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	log := open(t, audit.Config{Store: store})
	err := log.Write(t.Context(), read("x"))
	if !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "check its free space") {
		t.Error(err)
	}
}

// A record that went into a file which somebody had removed meanwhile is not durable.
func TestAFileThatIsRemovedWhileItIsWritten(t *testing.T) {
	for name, row := range map[string]struct {
		remove, restore func(dir, file string) error
		recovers        bool // at once
	}{
		"the file": {remove: func(_, file string) error { return os.Remove(file) }, recovers: true},
		"the file, with another in its place": {remove: func(_, file string) error {
			return errors.Join(os.Rename(file, file+".kept"), os.WriteFile(file, nil, 0o600))
		}, recovers: true},
		"the folder":                      {remove: func(dir, _ string) error { return os.RemoveAll(dir) }},
		"the folder, which is moved away": {remove: func(dir, _ string) error { return os.Rename(dir, dir+".kept") }},
		"the folder, with another in its place": {remove: func(dir, _ string) error {
			return errors.Join(os.Rename(dir, dir+".kept"), os.Mkdir(dir, 0o700))
		}, recovers: true},
		"the folder, which comes back": {
			remove:  func(dir, _ string) error { return os.RemoveAll(dir) },
			restore: func(dir, _ string) error { return os.Mkdir(dir, 0o700) }, recovers: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "audit") // made outside, because its cleanup must be
			synctest.Test(t, func(t *testing.T) {
				log := open(t, audit.Config{Store: folder(t, dir)})
				write(t, log, read("before"))
				file := filepath.Join(dir, list(t, dir)[0])
				if err := row.remove(dir, file); err != nil {
					t.Fatal(err)
				}
				if err := log.Write(t.Context(), read("lost")); !errors.Is(err, audit.ErrNotWritten) || !strings.Contains(err.Error(), "somebody has ") {
					t.Errorf("a record in a file that is gone: %v", err)
				}
				if row.restore != nil {
					if err := row.restore(dir, file); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(1100 * time.Millisecond) // the store is tried again once a second
				err := log.Write(t.Context(), read("after"))
				if (err == nil) != row.recovers {
					t.Errorf("the next record: %v", err)
				}
				if row.recovers && len(list(t, dir)) == 0 {
					t.Error("the next record is not in the folder")
				}
			})
		})
	}
}
