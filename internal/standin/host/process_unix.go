//go:build unix

package host

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// programSuffixes are what a program's file name may have after the name in host.json.
var programSuffixes = []string{""}

// checkExecutable returns an error for a program without the execute bit. The real host sets the
// bit itself only on Linux Consumption and Flex; elsewhere it hangs.
// Source: Workers/ProcessManagement/WorkerProcess.cs.
func checkExecutable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("the handler %s is not executable (mode %04o): run chmod +x on it; the host in Azure would hang", path, info.Mode().Perm())
	}
	return nil
}

// killWithParent starts a small process that waits at a pipe whose other end only this process
// has. When this process ends, however it ends, the pipe closes, and the handler is killed.
func killWithParent(handler int) (stop func(), err error) {
	watcher := exec.Command("/bin/sh", "-c", `read -r _; kill -9 "$0"`, strconv.Itoa(handler))
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not end it first
	pipe, err := watcher.StdinPipe()
	if err == nil {
		err = watcher.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("can't start what ends the handler with the host: %w", err)
	}
	return func() {
		_ = watcher.Process.Kill()
		_ = pipe.Close()
		_ = watcher.Wait()
	}, nil
}
