//go:build unix && !linux

package testserver

import "syscall"

// dieWithParent does nothing: only Linux tells a process of its parent's death.
func dieWithParent(*syscall.SysProcAttr) {}
