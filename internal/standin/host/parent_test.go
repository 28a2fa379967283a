package host_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"rotunda/internal/standin/host"
)

// sleeper names a variable. If it is set, this binary starts a process that lasts, and one that is
// to kill it when this binary ends.
const sleeper = "TEST_SLEEPER"

func runSleeper() error {
	sleep := exec.Command("sleep", "600")
	sleep.Stdout = os.Stdout // which ends with both
	if err := sleep.Start(); err != nil {
		return err
	}
	if _, err := host.KillWithParent(sleep.Process.Pid); err != nil {
		return err
	}
	fmt.Print("x")
	_, err := os.Stdin.Read(make([]byte, 1)) // until the test ends it
	return err
}

// This is how a handler ends with its host where the system has no signal for a parent's death.
func TestAPipeKillsTheHandlerOfAHostThatDies(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows, a handler outlives a host that is killed")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), sleeper+"=1")
	stdin, err := parent.StdinPipe()
	check(t, err)
	out, err := parent.StdoutPipe()
	check(t, err)
	check(t, parent.Start())
	_, err = out.Read(make([]byte, 1))
	check(t, err)
	ended := make(chan struct{})
	go func() {
		_, _ = out.Read(make([]byte, 1)) // until both have ended
		close(ended)
	}()
	check(t, parent.Process.Kill())
	await(t, "the end of the process", ended)
	check(t, stdin.Close())
	_ = parent.Wait()
}
