//go:build !linux

// Package freeport finds ports for programs that are about to start.
package freeport

import (
	"fmt"
	"net"
)

// Reserve finds a loopback port that nothing listens on, or checks the one that is wanted (0: any). Here a port can't be
// held for another program, so it is free only until somebody takes it.
func Reserve(wanted int) (port int, release func(), err error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", wanted))
	if err != nil {
		return 0, nil, err
	}
	port = listener.Addr().(*net.TCPAddr).Port
	return port, func() {}, listener.Close()
}
