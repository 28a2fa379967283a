// Package freeport finds ports for programs that are about to start.
package freeport

import (
	"fmt"
	"os"
	"syscall"
)

// Reserve finds a loopback port, or checks the one that is wanted (0: any), and keeps it from everybody else until release.
// It holds a socket that is bound but does not listen: Linux then gives the port to nobody who asks for any port, and lets a
// program have it that asks for this one with SO_REUSEADDR, as Go's net.Listen and most servers do.
func Reserve(wanted int) (port int, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	release = func() { _ = syscall.Close(fd) }
	port, err = bindLoopback(fd, wanted)
	if err != nil {
		release()
		return 0, nil, err
	}
	return port, release, nil
}

func bindLoopback(fd, wanted int) (int, error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: wanted, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError(fmt.Sprintf("bind 127.0.0.1:%d", wanted), err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	return name.(*syscall.SockaddrInet4).Port, nil
}
