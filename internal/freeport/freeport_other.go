//go:build !linux

// Package freeport finds ports for programs that are about to start.
package freeport

import "net"

// Reserve finds a loopback port that nothing listens on. On this system a port can't be held for
// another program, so it may be taken before it is used.
func Reserve() (port int, release func(), err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	port = listener.Addr().(*net.TCPAddr).Port
	return port, func() {}, listener.Close()
}
