// Package freeport finds ports for programs that are about to start.
package freeport

import (
	"os"
	"syscall"
)

// Reserve finds a free loopback port, and keeps it from other programs until release is called.
// It holds a socket that is bound but does not listen: Linux then assigns the port to no program
// that asks for any port, and lets one use it that asks for it with SO_REUSEADDR, as Go's
// net.Listen and most servers do.
func Reserve() (port int, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	release = func() { _ = syscall.Close(fd) }
	port, err = bindLoopback(fd)
	if err != nil {
		release()
		return 0, nil, err
	}
	return port, release, nil
}

func bindLoopback(fd int) (int, error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	return name.(*syscall.SockaddrInet4).Port, nil
}
