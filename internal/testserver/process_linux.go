package testserver

import "syscall"

const diesWithParent = true

// dieWithParent has the kernel kill a server whose test panics or is killed. To the kernel the
// parent is a thread: a test must not start servers on one that it locks and lets end.
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
