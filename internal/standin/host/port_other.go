//go:build !linux

package host

import (
	"fmt"
	"net"
)

// reservePort finds a loopback port that nothing listens on, or checks the one that is wanted. Here a port can't be held for
// another program, so it is free only until somebody takes it, as with the real host.
func reservePort(wanted int) (port int, release func(), err error) {
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", wanted))
	if err != nil {
		return 0, nil, portError(err)
	}
	port = listener.Addr().(*net.TCPAddr).Port
	return port, func() {}, listener.Close()
}
