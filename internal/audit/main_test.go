package audit_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"rotunda/internal/audit"
)

// The test binary, started with actAs set, is an instance of its own, which writes to the folder
// in actIn until it is killed.
const (
	actAs = "AUDIT_TEST_ACT_AS"
	actIn = "AUDIT_TEST_ACT_IN"
)

var acts = map[string]func(dir string) error{"writer": endless, "limited": limited}

func TestMain(m *testing.M) {
	if act := os.Getenv(actAs); act != "" {
		if err := acts[act](os.Getenv(actIn)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// actor starts another process that acts in a folder.
func actor(t *testing.T, act, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command(program)
	other.Env = append(os.Environ(), actAs+"="+act, actIn+"="+dir)
	out, err := other.StdoutPipe()
	if err := errors.Join(err, other.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	})
	return other, bufio.NewScanner(out)
}

// endless writes from many goroutines. It prints the name of each record after Write has returned,
// as an answer that its caller sees.
func endless(dir string) error {
	store, err := audit.OpenFolder(dir)
	if err != nil {
		return err
	}
	log, err := audit.Open(audit.Config{Store: store, Vault: "contoso"})
	if err != nil {
		return err
	}
	for writer := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d-%d", os.Getpid(), writer, i)
				if log.Write(context.Background(), read(name)) == nil {
					_, _ = os.Stdout.WriteString(name + "\n")
				}
			}
		}()
	}
	select {}
}

// TestKillsLoseNoRecordWhoseAnswerWasSeen kills writers (SIGKILL) at any moment.
func TestKillsLoseNoRecordWhoseAnswerWasSeen(t *testing.T) {
	const kills = 30
	dir := t.TempDir()
	var answered []string
	for kill := range kills {
		answered = append(answered, killedAfter(t, dir, 1+kill*37%301)...)
	}
	kept := map[string]int{}
	report := verify(t, dir, audit.Options{Each: func(_ string, r audit.Record) { kept[r.Secret]++ }})
	for _, name := range answered {
		if kept[name] != 1 {
			t.Errorf("%s was answered and is there %d times", name, kept[name])
		}
	}
	if report.Problems != nil || report.Instances != kills {
		t.Errorf("%d instances: %q", report.Instances, report.Problems)
	}
	t.Logf("%d kills: %d records were answered, %d are in the audit, in %d files", kills, len(answered), report.Records, report.Files)
}

// killedAfter runs a writer until it has answered so many times, kills it, and returns all
// answers.
func killedAfter(t *testing.T, dir string, answers int) []string {
	t.Helper()
	writer, out := actor(t, "writer", dir)
	var all []string
	for out.Scan() {
		if all = append(all, out.Text()); len(all) == answers {
			if err := writer.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// TestAHalfLineOfAKilledWriterIsNoTampering cuts the last file where a kill could have.
func TestAHalfLineOfAKilledWriterIsNoTampering(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // where no hour ends meanwhile
		log := open(t, audit.Config{Store: folder(t, dir)})
		for i := range 3 {
			write(t, log, read(fmt.Sprint("n", i)))
		}
	})
	name := list(t, dir)[0]
	whole := strings.Join(linesOf(t, dir, name), "\n") + "\n"
	second := strings.Index(whole, "\n") + 1
	for cut := second; cut < len(whole); cut += 7 {
		writeFile(t, dir, name, whole[:cut])
		report := verify(t, dir, audit.Options{})
		if report.Problems != nil || report.Records != strings.Count(whole[:cut], "\n")-1 {
			t.Fatalf("cut at %d: %+v", cut, report)
		}
	}
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
