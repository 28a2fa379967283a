package signin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/access/signin"
)

// bubble runs a test with a clock of its own. The keys are made outside, because that takes long.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	first()
	second()
	curve()
	pss()
	synctest.Test(t, test)
}

// other returns a token that differs from all others, so that it is not remembered.
func other(s signer) string {
	return s.token(v1(map[string]any{"uti": fmt.Sprint(unique.Add(1))}))
}

var unique atomic.Int64

func signIn(tokens *signin.Tokens, token string) error {
	_, err := tokens.SignIn(request(token))
	return err
}

func isUnavailable(err error) bool {
	refusal, ok := errors.AsType[*signin.Error](err)
	return ok && refusal.Unavailable()
}

func TestRollover(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from := entra(first())
		tokens := newTokens(t, from)
		if err := signIn(tokens, other(first())); err != nil {
			t.Fatal(err)
		}
		from.handle(v1Keys, says(keySet(first(), second())))
		time.Sleep(4 * time.Minute)
		if err := signIn(tokens, other(second())); err == nil || isUnavailable(err) || from.count(v1Keys) != 1 {
			t.Errorf("within five minutes: %v, %d fetches", err, from.count(v1Keys))
		}
		time.Sleep(2 * time.Minute)
		for _, s := range []signer{second(), first()} {
			if err := signIn(tokens, other(s)); err != nil || from.count(v1Keys) != 2 {
				t.Errorf("after five minutes: %v, %d fetches", err, from.count(v1Keys))
			}
		}
	})
}

func TestUnknownKeysCauseAFetchEveryFiveMinutesAtMost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from := entra(curve())
		tokens := newTokens(t, from)
		for i := range 360 { // an hour
			s := curve()
			s.kid = fmt.Sprint("unknown", i)
			if err := signIn(tokens, other(s)); err == nil || isUnavailable(err) {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if got := from.count(v1Keys); got != 12 {
			t.Errorf("%d fetches in an hour, want 12", got)
		}
	})
}

func TestKeysAreRefreshedHourlyAndNobodyWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from := entra(first())
		tokens := newTokens(t, from)
		remembered := first().token(v1(map[string]any{"exp": seconds(24 * time.Hour)}))
		if err := signIn(tokens, remembered); err != nil {
			t.Fatal(err)
		}
		from.handle(v1Keys, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			says(keySet(first()))(w, r)
		})
		for hour := range 5 {
			time.Sleep(time.Hour)
			start := time.Now()
			for _, token := range []string{remembered, other(first()), remembered, other(first())} {
				if err := signIn(tokens, token); err != nil || time.Since(start) != 0 {
					t.Errorf("hour %d: %v after %v", hour, err, time.Since(start))
				}
			}
			time.Sleep(5 * time.Second)
			if got := from.count(v1Keys); got != hour+2 {
				t.Errorf("hour %d: %d fetches", hour, got)
			}
		}
	})
}

func TestAWithdrawnKeyEndsRememberedTokens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from := entra(first(), second())
		tokens := newTokens(t, from)
		day := map[string]any{"exp": seconds(24 * time.Hour)}
		stays, ends := first().token(v1(day)), second().token(v1(day))
		for _, token := range []string{stays, ends} {
			if err := signIn(tokens, token); err != nil {
				t.Fatal(err)
			}
		}
		from.handle(v1Keys, says(keySet(first())))
		time.Sleep(61 * time.Minute)
		if err := signIn(tokens, ends); err != nil { // the fetch begins
			t.Errorf("before the refresh: %v", err)
		}
		synctest.Wait()
		if err := signIn(tokens, ends); err == nil || isUnavailable(err) {
			t.Errorf("after the refresh: %v", err)
		}
		if allocations := testing.AllocsPerRun(10, func() { _ = signIn(tokens, stays) }); allocations > 20 {
			t.Errorf("the other key's token is checked again: %v allocations", allocations)
		}
	})
}

func TestARememberedTokenEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		tokens := newTokens(t, entra())
		token := first().token(v1(nil))
		for _, row := range []struct {
			after time.Duration
			good  bool
		}{{0, true}, {59 * time.Minute, true}, {119 * time.Second, true}, {time.Second, false}} {
			time.Sleep(row.after)
			if err := signIn(tokens, token); (err == nil) != row.good {
				t.Errorf("%v later: %v", row.after, err)
			}
		}
	})
}

func TestKeysOutliveAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from, log := entra(curve()), &bytes.Buffer{}
		tokens := newFrom(t, config(from, log))
		long := curve().token(v1(map[string]any{"exp": seconds(26 * time.Hour)}))
		if err := signIn(tokens, long); err != nil {
			t.Fatal(err)
		}
		away := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
		from.handle(v1Document, away)
		for range 24*6 - 1 {
			time.Sleep(10 * time.Minute)
			if err := signIn(tokens, other(curve())); err != nil {
				t.Fatalf("after %v: %v", time.Now(), err)
			}
		}
		synctest.Wait()
		before := from.count(v1Document)
		for range 60 {
			time.Sleep(5 * time.Second)
			if err := signIn(tokens, long); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if got := from.count(v1Document) - before; got != 5 {
			t.Errorf("%d fetches in five minutes, want one a minute", got)
		}
		if err := signIn(tokens, other(second())); !isUnavailable(err) {
			t.Errorf("a key that may be new: %v", err)
		}
		time.Sleep(10 * time.Minute)
		if err := signIn(tokens, other(curve())); !isUnavailable(err) {
			t.Errorf("after a day: %v", err)
		}
		if err := signIn(tokens, long); err != nil {
			t.Errorf("a remembered token after a day: %v", err)
		}
		from.handle(v1Document, says(map[string]any{"issuer": v1Issuer, "jwks_uri": v1Keys}))
		time.Sleep(5 * time.Second)
		if err := signIn(tokens, other(curve())); err != nil {
			t.Errorf("after the outage: %v", err)
		}
		if !strings.Contains(log.String(), "answers 503") || strings.Contains(log.String(), canary) {
			t.Errorf("log: %.300s", log)
		}
	})
}

func TestASlowIssuerDelaysARequestForFiveSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from := entra(first())
		var running, most atomic.Int32
		from.handle(v1Document, func(_ http.ResponseWriter, r *http.Request) {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-r.Context().Done()
			running.Add(-1)
		})
		tokens := newTokens(t, from)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				start := time.Now()
				if err := signIn(tokens, other(first())); !isUnavailable(err) || time.Since(start) > 5*time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
			})
		}
		all.Go(func() {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := tokens.SignIn(request(other(first())).WithContext(ctx)); !isUnavailable(err) || time.Since(start) > time.Second {
				t.Errorf("a caller that gives up: %v after %v", err, time.Since(start))
			}
		})
		all.Wait()
		if err := signIn(tokens, first().token(v2(nil))); err != nil {
			t.Errorf("another issuer's token: %v", err)
		}
		time.Sleep(time.Minute)
		if from.count(v1Document) != 1 || most.Load() != 1 || running.Load() != 0 {
			t.Errorf("%d fetches, %d at a time, %d still running", from.count(v1Document), most.Load(), running.Load())
		}
	})
}

// Requests that come in a stream don't add fetches, however slow the issuer.
func TestOneFetchAtATime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		from := entra(first())
		from.handle(v1Keys, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(7500 * time.Millisecond)
			says(keySet(first()))(w, r)
		})
		tokens := newTokens(t, from)
		var all sync.WaitGroup
		var good, late atomic.Int32
		for range 12 {
			all.Go(func() {
				if err := signIn(tokens, other(first())); err == nil {
					good.Add(1)
				} else if isUnavailable(err) {
					late.Add(1)
				}
			})
			time.Sleep(time.Second)
		}
		all.Wait()
		if from.count(v1Keys) != 1 || good.Load() != 9 || late.Load() != 3 {
			t.Errorf("%d fetches, %d good, %d late", from.count(v1Keys), good.Load(), late.Load())
		}
	})
}

func TestWarmUp(t *testing.T) {
	from := entra()
	tokens := newTokens(t, from)
	if err := tokens.WarmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	fetched := from.count(v1Keys)*100 + from.count(v2Keys)*10 + from.count(github+"/.well-known/jwks")
	if err := signIn(tokens, first().token(v1(nil))); err != nil || fetched != 111 || from.count(v1Keys) != 1 {
		t.Errorf("%v, fetches %d", err, fetched)
	}
}

// An issuer's documents may lead nowhere but to its own keys.
func TestBadDocuments(t *testing.T) {
	document := func(issuer, jwksURI string) http.HandlerFunc {
		return says(map[string]any{"issuer": issuer, "jwks_uri": jwksURI})
	}
	keys := func(all ...map[string]any) http.HandlerFunc { return says(map[string]any{"keys": all}) }
	megabyte := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat(" ", 1<<20)+asJSON(keySet(first())))
	}
	public := func(changes map[string]any) map[string]any { return merge(first().public, changes) }
	var many []map[string]any
	for i := range 101 {
		many = append(many, public(map[string]any{"kid": fmt.Sprint(i)}))
	}
	for name, row := range map[string]struct {
		document, keys http.HandlerFunc
		reason         string
	}{
		"a document of a megabyte":        {megabyte, nil, "answers more than 256 KB"},
		"keys of a megabyte":              {nil, megabyte, "answers more than 256 KB"},
		"500":                             {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, nil, "answers 500"},
		"204":                             {nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "answers 204"},
		"a redirect of the document":      {redirect, nil, "redirects"},
		"a redirect of the keys":          {nil, redirect, "redirects"},
		"no connection":                   {func(w http.ResponseWriter, _ *http.Request) { w.(*answer).err = errors.New("refused") }, nil, "refused"},
		"a panic":                         {func(http.ResponseWriter, *http.Request) { panic(canary) }, nil, "panic: string at"},
		"a document that is no JSON":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, canary) }, nil, "not JSON"},
		"another issuer":                  {document("https://sts.windows.net/"+otherTenant+"/", v1Keys), nil, "names another issuer"},
		"the issuer of v2":                {document(v2Issuer, v1Keys), nil, "names another issuer"},
		"keys on another host":            {document(v1Issuer, "https://evil.example/keys"), nil, "on another host"},
		"keys on a host that begins so":   {document(v1Issuer, "https://login.microsoftonline.com.evil.example/keys"), nil, "on another host"},
		"keys on a host that ends so":     {document(v1Issuer, "https://evillogin.microsoftonline.com/keys"), nil, "on another host"},
		"keys on another port":            {document(v1Issuer, "https://login.microsoftonline.com:8443/keys"), nil, "on another host"},
		"keys after user info":            {document(v1Issuer, "https://login.microsoftonline.com@evil.example/keys"), nil, "not an https URL"},
		"keys over http":                  {document(v1Issuer, "http://login.microsoftonline.com/common/discovery/keys"), nil, "not an https URL"},
		"keys in a file":                  {document(v1Issuer, "file:///etc/passwd"), nil, "not an https URL"},
		"keys at the metadata service":    {document(v1Issuer, "http://169.254.169.254/metadata"), nil, "not an https URL"},
		"no address of keys":              {document(v1Issuer, ""), nil, "not an https URL"},
		"no keys":                         {nil, keys(), "no key that can be used"},
		"keys that are no JSON":           {nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, canary) }, "not a JSON Web Key Set"},
		"101 keys":                        {nil, keys(many...), "more than 100 keys"},
		"two keys of one name":            {nil, keys(first().public, merge(second().public, map[string]any{"kid": "first"})), "two keys with the same kid"},
		"a secret":                        {nil, keys(shared().public), "no key that can be used"},
		"a key for encryption":            {nil, keys(encryption().public), "no key that can be used"},
		"a key that only signs":           {nil, keys(public(map[string]any{"key_ops": []string{"sign"}})), "no key that can be used"},
		"a key for RS512":                 {nil, keys(public(map[string]any{"alg": "RS512"})), "no key that can be used"},
		"a key without a name":            {nil, keys(public(map[string]any{"kid": ""})), "no key that can be used"},
		"a key of another tenant":         {nil, keys(foreign().public), "no key that can be used"},
		"a modulus of 1,024 bits":         {nil, keys(public(map[string]any{"n": b64(append([]byte{0x80}, bytes.Repeat([]byte{1}, 127)...))})), "no key that can be used"},
		"a modulus of 65,536 bits":        {nil, keys(public(map[string]any{"n": b64(bytes.Repeat([]byte{255}, 8192))})), "no key that can be used"},
		"an even modulus":                 {nil, keys(public(map[string]any{"n": b64(append(bytes.Repeat([]byte{255}, 255), 0))})), "no key that can be used"},
		"an exponent of one":              {nil, keys(public(map[string]any{"e": "AQ"})), "no key that can be used"},
		"an exponent of a kilobyte":       {nil, keys(public(map[string]any{"e": b64(bytes.Repeat([]byte{255}, 1024))})), "no key that can be used"},
		"a modulus that is no base64":     {nil, keys(public(map[string]any{"n": "!"})), "no key that can be used"},
		"a point that is not on P-256":    {nil, keys(merge(curve().public, map[string]any{"y": curve().public["x"]})), "no key that can be used"},
		"a point with a short coordinate": {nil, keys(merge(curve().public, map[string]any{"y": "AQ"})), "no key that can be used"},
		"a key on P-384":                  {nil, keys(merge(curve().public, map[string]any{"crv": "P-384"})), "no key that can be used"},
	} {
		from, log := entra(), &bytes.Buffer{}
		if row.document != nil {
			from.handle(v1Document, row.document)
		}
		if row.keys != nil {
			from.handle(v1Keys, row.keys)
		}
		tokens := newFrom(t, config(from, log))
		if err := tokens.WarmUp(t.Context()); err == nil || !strings.Contains(err.Error(), row.reason) || !strings.Contains(err.Error(), v1Issuer) {
			t.Errorf("%s: WarmUp: %v", name, err)
		}
		if err := signIn(tokens, first().token(v1(nil))); !isUnavailable(err) {
			t.Errorf("%s: SignIn: %v", name, err)
		}
		if err := signIn(tokens, first().token(v2(nil))); err != nil {
			t.Errorf("%s: the other issuer: %v", name, err)
		}
		if !strings.Contains(log.String(), row.reason) || strings.Contains(log.String(), canary) {
			t.Errorf("%s: log: %s", name, log)
		}
		for address := range from.requests {
			if strings.Contains(address, "evil") || !strings.HasPrefix(address, "https://") {
				t.Errorf("%s: asked %s", name, address)
			}
		}
	}
}

func redirect(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "https://evil.example/keys")
	w.WriteHeader(http.StatusFound)
}

// A key that can't be used does not take the others away.
func TestUnusableKeysAreIgnored(t *testing.T) {
	from := entra()
	from.handle(v1Keys, says(keySet(shared(), encryption(), foreign(), signer{public: map[string]any{"kty": "OKP", "kid": "new"}}, first())))
	if err := signIn(newTokens(t, from), first().token(v1(nil))); err != nil {
		t.Error(err)
	}
}

// Entra's keys say for which issuer they are, with {tenantid} for any tenant.
func TestKeysOfAllTenantsAndOfOurs(t *testing.T) {
	for _, issuer := range []string{"https://login.microsoftonline.com/{tenantid}/v2.0", v2Issuer, v1Issuer} {
		key := first()
		key.public = merge(key.public, map[string]any{"issuer": issuer})
		if err := signIn(newTokens(t, entra(key)), first().token(v1(nil))); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}
