//go:build unix

package host

import (
	"fmt"
	"os"
)

// programSuffixes are what a program's file name may end in beyond the name that host.json gives.
var programSuffixes = []string{""}

// checkExecutable refuses a program without the execute bit. The real host sets the bit itself only on Linux Consumption
// and Flex; elsewhere it hangs. Source: Workers/ProcessManagement/WorkerProcess.cs.
func checkExecutable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("the handler %s may not be executed (mode %04o): run chmod +x on it; Azure's host would hang here", path, info.Mode().Perm())
	}
	return nil
}
