//go:build unix && !linux

package testserver

import "syscall"

const diesWithParent = false

// dieWithParent does nothing: only Linux can signal a process when its parent dies.
func dieWithParent(*syscall.SysProcAttr) {}
