//go:build unix

package host

import (
	"fmt"
	"os"
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
