package testserver

import "syscall"

const diesWithParent = true

// dieWithParent lets the kernel kill a server whose test panics or is killed.
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
