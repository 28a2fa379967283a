package signin_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"rotunda/internal/access"
)

// A flood of bad tokens leaves nothing behind, and causes no traffic to the issuers.
func TestBadTokensLeaveNothingBehind(t *testing.T) {
	const flood = 10_000
	from := entra(first(), curve())
	tokens := newTokens(t, from)
	if err := tokens.WarmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	remembered := curve().token(v1(nil))
	if err := signIn(tokens, remembered); err != nil {
		t.Fatal(err)
	}
	head, signature := b64([]byte(first().header(nil))), b64(make([]byte, 256))
	long := strings.Repeat("A", signatureRoom)
	bad := func(i int) string {
		payload := asJSON(map[string]any{"iss": v1Issuer, "uti": i})
		switch i % 20 {
		case 0:
			return head + "." + b64([]byte(payload)) + "." + signature // checked against the key
		case 1:
			return fmt.Sprint(long, i, strings.Repeat(".", 5000))
		case 2:
			return b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(payload)) + "." + signature
		case 3:
			return head + "." + b64([]byte(`{"iss":"https://`+fmt.Sprint(i)+`.example"}`)) + "." + signature
		}
		return b64(fmt.Appendf(nil, `{"alg":"RS256","kid":"%d"}`, i)) + "." + b64([]byte(payload)) + "." + signature
	}
	before := heap()
	for i := range flood {
		if err := signIn(tokens, bad(i)); err == nil || isUnavailable(err) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if tokens.Kept() != 1 || from.count(v1Keys) != 1 {
		t.Errorf("%d tokens are remembered, want 1; %d fetches, want 1", tokens.Kept(), from.count(v1Keys))
	}
}

const signatureRoom = 10_000

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestGoodTokensAreKeptWithinBounds(t *testing.T) {
	tokens := newTokens(t, entra())
	for i := range 12_000 {
		tokens.Remember(fmt.Sprint(i), &access.Caller{Tenant: tenant, Object: object, Application: application})
	}
	if got := tokens.Kept(); got > 10_000 || got < 5_000 {
		t.Errorf("%d tokens are kept", got)
	}
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = fmt.Sprintf("93ab0000-0000-4000-8000-%012d", i)
	}
	tokens = newTokens(t, entra())
	for i := range 2000 {
		tokens.Remember(fmt.Sprint(i), &access.Caller{Tenant: tenant, Object: object, Groups: groups})
	}
	if got := tokens.Kept(); got > 800 || got < 300 { // each caller has about 11 KB
		t.Errorf("%d tokens with many groups are kept", got)
	}
}

// The second request with a token costs its hash, and no decoding.
func TestARememberedTokenAllocatesNothing(t *testing.T) {
	tokens := newTokens(t, entra())
	r := request(first().token(v1(nil)))
	if _, err := tokens.SignIn(r); err != nil {
		t.Fatal(err)
	}
	if got := testing.AllocsPerRun(100, func() { _, _ = tokens.SignIn(r) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkSignIn(b *testing.B) {
	tokens := newTokens(b, entra(first(), curve()))
	if err := tokens.WarmUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	run := func(name string, next func(i int) *http.Request) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_, _ = tokens.SignIn(next(i))
				i++
			}
		})
	}
	remembered := request(first().token(v1(nil)))
	run("remembered", func(int) *http.Request { return remembered })
	fresh := make([]*http.Request, 20_000)
	for i := range fresh {
		fresh[i] = request(curve().token(v1(map[string]any{"uti": i})))
	}
	bad := first().token(v1(nil))
	forged := request(bad[:len(bad)-342] + b64(make([]byte, 256)))
	run("RS256, not remembered", func(int) *http.Request { return forged })
	unknown := first()
	unknown.kid = "unknown"
	stranger := request(unknown.token(v1(nil)))
	run("an unknown key", func(int) *http.Request { return stranger })
	run("ES256, seen for the first time", func(i int) *http.Request { return fresh[i%len(fresh)] })
}
