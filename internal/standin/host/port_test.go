package host_test

import (
	"net"
	"runtime"
	"testing"

	"rotunda/internal/standin/host"
)

// Between the handler's runs no other program may get its port: the host would take it for the
// handler.
func TestPortIsKept(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lets a port be held for another program")
	}
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{Mode: host.Older})
	equal(t, "exit 0 leaves the handler dead", r.send(t, "GET", "/api/exit/0", "").status, 500)
	for range 2000 {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		check(t, err)
		if listener.Addr().String() == r.HandlerAddr() {
			t.Error("another program got the port")
		}
		check(t, listener.Close())
	}
}
