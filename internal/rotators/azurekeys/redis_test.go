package azurekeys_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/azurekeys"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
	"rotunda/internal/standin/ca"
	"rotunda/internal/testserver"
)

var cache = resource("Microsoft.Cache/redis")

const cacheHost = "contoso.redis.cache.windows.net"

// caches are the resources with keys of Redis, and where they are reached.
var caches = map[string]struct{ id, host, port string }{
	"Azure Cache for Redis": {cache, cacheHost, "6380"},
	"Azure Managed Redis":   {resource("Microsoft.Cache/redisEnterprise/databases"), "contoso.westeurope.redis.azure.net", "10000"},
}

// serveTLS accepts connections as the cache's host, until the test ends, and gives each to serve.
func serveTLS(t *testing.T, serve func(net.Conn)) (dial func(context.Context, string, string) (net.Conn, error), roots *ca.CA) {
	t.Helper()
	return serveTLSAt(t, cacheHost, "6380", serve)
}

func serveTLSAt(t *testing.T, host, port string, serve func(net.Conn)) (dial func(context.Context, string, string) (net.Conn, error), roots *ca.CA) {
	t.Helper()
	roots, err := ca.New()
	rotatortest.Must(t, err)
	certificate, err := roots.Certificate(host)
	rotatortest.Must(t, err)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	rotatortest.Must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		if address != host+":"+port {
			t.Errorf("connected to %s", address)
		}
		return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
	}, roots
}

// The keys of a cache are tried at a real Redis, by TLS.
func TestKeysOfACacheAreTriedAtRedis(t *testing.T) {
	for name, row := range caches {
		t.Run(name, func(t *testing.T) { testCacheAtRedis(t, row.id, row.host, row.port) })
	}
}

func testCacheAtRedis(t *testing.T, cache, host, port string) {
	t.Helper()
	server := testserver.StartRedis(t, testserver.RedisACLFile)
	a, _ := start(t, cache)
	dial, roots := serveTLSAt(t, host, port, func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		plain, err := net.Dial("tcp", server.Addr)
		if err != nil {
			return
		}
		defer func() { _ = plain.Close() }()
		go func() { _, _ = io.Copy(plain, conn) }()
		_, _ = io.Copy(conn, plain)
	})
	r := azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: a}, Cloud: cloud.AzurePublic, Dial: dial, Roots: roots.Pool()})
	s := subject(cache, "Primary", host+":"+port+",password="+a.key(t, cache, "primaryKey")+",ssl=True,abortConnect=False")
	admin := server.Client(t)
	for _, key := range []string{"primaryKey", "secondaryKey"} {
		rotatortest.Must(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "on", ">"+a.key(t, cache, key)).Err())
	}
	if warnings, err := r.Check(t.Context(), s); err != nil || len(warnings) != 0 {
		t.Errorf("%q, %v", warnings, err)
	}
	before := keys(t, r, s)["secondary"]
	rotatortest.WantVerdict(t, r, s, before.Reveal(), rotation.Accepted)
	regenerate(t, r, s, "secondary")
	rotatortest.Must(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "resetpass", ">"+a.key(t, cache, "primaryKey"), ">"+a.key(t, cache, "secondaryKey")).Err())
	after := keys(t, r, s)["secondary"]
	rotatortest.WantVerdict(t, r, s, after.Reveal(), rotation.Accepted)
	rotatortest.WantVerdict(t, r, s, before.Reveal(), rotation.Rejected)
	if !strings.HasPrefix(after.Reveal(), host+":"+port+",password=") || !strings.HasSuffix(after.Reveal(), ",ssl=True,abortConnect=False") {
		t.Error("the connection string has changed its form")
	}
}

// regenerate does not wait for an operation: it asks about it until that has ended.
func regenerate(t *testing.T, r *azurekeys.Rotator, s rotation.Subject, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // too short to poll
	defer cancel()
	err := r.Regenerate(ctx, s, name, rotatortest.Unfenced)
	for range 10 {
		running, is := errors.AsType[*rotation.Underway](err)
		if !is {
			break
		}
		err = r.Await(t.Context(), s, running.Operation)
	}
	rotatortest.Must(t, err)
}

// What answers in place of Redis says nothing of the key, and gets it only by verified TLS.
func TestWhatIsNoRedisSaysNothingOfTheKey(t *testing.T) {
	for name, row := range map[string]struct{ sends, says string }{
		"another protocol":   {"HTTP/1.1 200 OK\r\n\r\n", "none that Redis gives"},
		"an endless line":    {strings.Repeat("x", 1<<16), "none that Redis gives"},
		"nothing":            {"", "can't reach " + cacheHost},
		"an error of Redis":  {"-LOADING Redis is loading the dataset in memory\r\n", "none that Redis gives"},
		"a wrong password":   {"-WRONGPASS invalid username-password pair or user is disabled.\r\n", ""},
		"a password in 2016": {"-ERR invalid password\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := start(t, cache)
			dial, roots := serveTLS(t, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 100))
				_, _ = io.WriteString(conn, row.sends)
				_ = conn.Close()
			})
			r := azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: a}, Cloud: cloud.AzurePublic, Dial: dial, Roots: roots.Pool()})
			s := subject(cache, "Primary", "canary-key")
			verdict, err := r.Probe(t.Context(), s, s.Current)
			fault := rotatortest.Fault(t, err)
			if row.says == "" && verdict != rotation.Rejected || row.says != "" && (verdict != rotation.Unknown || fault == nil || !strings.Contains(fault.Reason, row.says)) {
				t.Errorf("%v, %v", verdict, err)
			}
		})
	}
	a, _ := start(t, cache)
	got := make(chan int, 1)
	dial, _ := serveTLS(t, func(conn net.Conn) {
		n, _ := conn.Read(make([]byte, 100))
		got <- n
		_ = conn.Close()
	})
	r := azurekeys.New(azurekeys.Config{Credential: credential{}, Transport: &http.Client{Transport: a}, Cloud: cloud.AzurePublic, Dial: dial})
	s := subject(cache, "Primary", "canary-key")
	if verdict, err := r.Probe(t.Context(), s, secret.NewValue("canary-key")); verdict != rotation.Unknown || rotatortest.Fault(t, err) == nil || <-got != 0 {
		t.Errorf("a server that is not verified: %v, %v", verdict, err)
	}
}
