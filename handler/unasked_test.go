//go:build !windows

package main_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"rotunda/internal/wiretest"
)

// A server may send back what it was sent without being asked. Go's client writes that to the
// standard log.
func TestWhatAServerSendsUnaskedIsNotLogged(t *testing.T) {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	p := start(t, append(azure.Env(wiretest.Vault), "ROTATION_LOCK_FOLDER="+t.TempDir())...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := p.get(ctx, "/"); err != nil {
		t.Fatal(err)
	}
	address := echo(t)
	p.send(ctx, t, http.MethodPut, "/api/secrets/keeper", `{"value":"amqp://keeper:canary-of-Keeper@mq","tags":{"AdminFor":"rabbitmq://`+address+`"}}`, http.StatusOK)
	p.send(ctx, t, http.MethodPut, "/api/secrets/mq", `{"value":"amqp://orders:canary-of-Orders@mq","tags":{"ProviderAddress":"rabbitmq://`+address+
		`?sslmode=disable","CredentialId":"orders","AdminSecret":"keeper","ValidityPeriodDays":"60"}}`, http.StatusOK)
	for !strings.Contains(p.out.String(), "Unsolicited response") && !strings.Contains(p.errOut.String(), "Unsolicited response") {
		p.send(ctx, t, http.MethodPost, "/api/secrets/mq/rotate?dryRun=true", "", http.StatusOK)
	}
	for _, canary := range []string{"canary", base64.StdEncoding.EncodeToString([]byte("orders:canary-of-Orders"))} {
		if strings.Contains(p.out.String(), canary) || strings.Contains(p.errOut.String(), canary) {
			t.Errorf("%s is logged: %s%s", canary, p.out, p.errOut)
		}
	}
}

// echo is a server that answers, and then sends its caller's Authorization back.
func echo(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() {
				if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 %s\r\n", request.Header.Get("Authorization"))
				}
			}()
		}
	}()
	return listener.Addr().String()
}
