package host_test

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

// Between the handler's runs nobody else may get its port: the host would take the stranger for the handler.
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
			t.Error("the port was given away")
		}
		check(t, listener.Close())
	}
}

func TestFixedPort(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	taken := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	setting := "AzureFunctionsJobHost__customHandler__port=" + taken
	_, err = host.Start(t.Context(), app, host.Options{Env: []string{setting}})
	if err == nil || !strings.Contains(err.Error(), "the handler's port can't be had") {
		t.Errorf("a port in use: %v", err)
	}
	check(t, listener.Close())
	r := startApp(t, app, host.Options{}, setting)
	equal(t, "address", r.HandlerAddr(), "127.0.0.1:"+taken)
	equal(t, "status", r.send(t, "GET", "/api/pid", "").status, 200)
}
