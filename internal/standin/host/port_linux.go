package host

import (
	"fmt"
	"os"
	"syscall"
)

// reservePort finds a loopback port for the handler, or checks the one that is wanted, and keeps it from everybody else
// until release. It holds a socket that is bound but does not listen: Linux then gives the port to nobody who asks for any
// port, and lets a program have it that asks for this one with SO_REUSEADDR, as Go's net.Listen does.
func reservePort(wanted int) (port int, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, portError(os.NewSyscallError("socket", err))
	}
	release = func() { _ = syscall.Close(fd) }
	port, err = bindLoopback(fd, wanted)
	if err != nil {
		release()
		return 0, nil, portError(err)
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
