//go:build unix

package testserver

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is a user that servers run as.
type account struct{ uid, gid int }

// ordinaryUser returns the user nobody if the tests run as root, because servers refuse to run as
// root. It returns nil if servers can run as the user that runs the tests.
func ordinaryUser() (*account, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("the tests run as root, and there is no user nobody to run servers as: %w", err)
	}
	var a account
	if a.uid, err = strconv.Atoi(nobody.Uid); err != nil {
		return nil, err
	}
	a.gid, err = strconv.Atoi(nobody.Gid)
	return &a, err
}

// attributes gives a program its own process group and, where the system can, ends it with the
// tests.
func attributes(as *account) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		//nolint:gosec // ids have 32 bits
		attributes.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
	dieWithParent(attributes)
	return attributes
}

// killGroup kills a program and every process that it started.
func killGroup(process *os.Process) { _ = syscall.Kill(-process.Pid, syscall.SIGKILL) }
