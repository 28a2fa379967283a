//go:build !linux

package host

import "syscall"

// endsWithParent is nil where the system has no signal for a parent's death.
var endsWithParent *syscall.SysProcAttr
