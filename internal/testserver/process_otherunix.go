//go:build unix && !linux

package testserver

import "syscall"

const diesWithParent = false

// dieWithParent does nothing: only Linux tells a process of its parent's death.
func dieWithParent(*syscall.SysProcAttr) {}
