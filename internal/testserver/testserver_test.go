package testserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is a test that records how it ended.
type outcome struct {
	testing.TB
	said string
}

func (o *outcome) Helper() {}

func (o *outcome) Skip(args ...any) { o.end("skip: " + fmt.Sprint(args...)) }

func (o *outcome) Fatal(args ...any) { o.end("fail: " + fmt.Sprint(args...)) }

func (o *outcome) end(said string) {
	o.said = said
	panic(o)
}

func outcomeOf(p program) (said string) {
	o := &outcome{}
	defer func() {
		_ = recover()
		said = o.said
	}()
	return p.path(o)
}

func TestAMissingProgramSkipsTheTestButFailsInCI(t *testing.T) {
	missing := program{product: "Nothing", install: "apt-get install nothing", name: "no-such-program", places: []string{"/none/*/bin"}}
	t.Setenv("CI", "")
	if said := outcomeOf(missing); said != "skip: skipped: Nothing is not installed: apt-get install nothing" {
		t.Error(said)
	}
	t.Setenv("CI", "true")
	if said := outcomeOf(missing); said != "fail: Nothing is not installed: apt-get install nothing" {
		t.Error(said)
	}
}

func TestTheNewestVersionIsTaken(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"9", "15", "13"} {
		bin := filepath.Join(dir, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, "some-server"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p := program{name: "some-server", places: []string{filepath.Join(dir, "*", "bin")}}
	if path := p.path(t); !strings.Contains(path, filepath.Join("15", "bin")) {
		t.Error(path)
	}
}
