package testserver

import (
	"os"
	"syscall"
)

const diesWithParent = false

// account is a user that servers run as.
type account struct{ uid, gid int }

// ordinaryUser returns nil: servers can run as the user that runs the tests.
func ordinaryUser() (*account, error) { return nil, nil }

func attributes(*account) *syscall.SysProcAttr { return nil }

// killGroup kills a program; Windows has no process groups to kill.
func killGroup(process *os.Process) { _ = process.Kill() }
