package host

import "syscall"

// endsWithParent makes the system kill a process when this one ends, however it ends.
var endsWithParent = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
