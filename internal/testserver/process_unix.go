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

// ordinaryUser is nobody where the tests run as root, whom servers refuse; nil means that whoever runs them will do.
func ordinaryUser() (*account, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("servers do not run as root, and there is no user nobody to run them as: %w", err)
	}
	var a account
	if a.uid, err = strconv.Atoi(nobody.Uid); err != nil {
		return nil, err
	}
	a.gid, err = strconv.Atoi(nobody.Gid)
	return &a, err
}

// attributes gives a program a process group of its own, and lets it die with the tests where the system can do that.
func attributes(as *account) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		attributes.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)} //nolint:gosec // ids are no bigger
	}
	dieWithParent(attributes)
	return attributes
}

// killGroup kills a program and what it started.
func killGroup(process *os.Process) { _ = syscall.Kill(-process.Pid, syscall.SIGKILL) }
