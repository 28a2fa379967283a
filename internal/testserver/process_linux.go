package testserver

import "syscall"

// dieWithParent lets the kernel kill a server whose test panics or is killed.
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
