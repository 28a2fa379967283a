package proxy_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"testing"
)

func TestBytesGoBothWaysAndEndsArePassedOn(t *testing.T) {
	listener := listen(t)
	defer func() { _ = listener.Close() }()
	go echo(listener)
	_, address := serveProxy(t, listener.Addr().String())
	client, answer := tunnel(t, address, "contoso.vault.azure.net:443")

	sent := make([]byte, 1<<20)
	_, _ = rand.Read(sent)
	go func() {
		_, _ = client.Write(sent)
		_ = client.CloseWrite() // the echo must still arrive
	}()
	received, err := io.ReadAll(answer)
	if err != nil || !bytes.Equal(sent, received) {
		t.Errorf("%d bytes came back of %d (%v)", len(received), len(sent), err)
	}
}

func TestBytesThatWereSentEarlyArrive(t *testing.T) {
	listener := listen(t)
	defer func() { _ = listener.Close() }()
	go echo(listener)
	_, address := serveProxy(t, listener.Addr().String())
	client := dial(t, address)
	_, _ = io.WriteString(client, "CONNECT contoso.vault.azure.net:443 HTTP/1.1\r\nHost: contoso.vault.azure.net:443\r\n\r\nearly")
	reader := bufio.NewReader(client)
	if _, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect}); err != nil { //nolint:bodyclose // a CONNECT's answer has none
		t.Fatal(err)
	}
	_ = client.CloseWrite()
	if received, _ := io.ReadAll(reader); string(received) != "early" {
		t.Errorf("received %q, want what was sent early", received)
	}
}

func TestCloseEndsOpenTunnelsAndRefusesNewOnes(t *testing.T) {
	listener := listen(t)
	defer func() { _ = listener.Close() }()
	go echo(listener)
	p, address := serveProxy(t, listener.Addr().String())
	_, answer := tunnel(t, address, "contoso.vault.azure.net:443")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if received, _ := io.ReadAll(answer); len(received) != 0 {
		t.Errorf("%q was received, and not the end", received)
	}
	if status, _ := connect(t, address, "contoso.vault.azure.net:443"); status != http.StatusServiceUnavailable {
		t.Errorf("after Close, CONNECT returned %d, want 503", status)
	}
	if err := p.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// echo sends back what it receives, until the listener is closed.
func echo(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(connection, connection)
			_ = connection.Close()
		}()
	}
}

// connect sends a CONNECT and reads the response as an error.
func connect(t *testing.T, address, target string) (status int, body string) {
	t.Helper()
	client := dial(t, address)
	_, _ = io.WriteString(client, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(client), nil) // as to a GET, so that the body is read
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// tunnel opens a tunnel, and returns where to write and where to read.
func tunnel(t *testing.T, address, target string) (*net.TCPConn, io.Reader) {
	t.Helper()
	client := dial(t, address)
	_, _ = io.WriteString(client, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
	reader := bufio.NewReader(client)
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // a CONNECT's answer has none
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("CONNECT %s returned %v (%v)", target, response, err)
	}
	return client, reader
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection.(*net.TCPConn)
}
