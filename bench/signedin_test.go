package bench_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rotunda/functions"
	"rotunda/internal/access/rules"
	"rotunda/internal/standin"
	"rotunda/internal/wiretest"
)

// benchObject is the caller in the tokens of withToken.
const benchObject = "6f1c2d3e-0000-4000-8000-000000000001"

// hundredRules is a file of 100 rules, as one for many teams. The last is about a caller.
func hundredRules(object, names string) string {
	var file strings.Builder
	file.WriteString(`{"rules": [` + "\n")
	for i := range 99 {
		fmt.Fprintf(&file, `{"who": ["role:Team%d.Reader"], "may": ["getSecret", "readMetadata"], "secrets": ["team-%d-*", "shared-%d"]},`+"\n", i, i, i)
	}
	fmt.Fprintf(&file, `{"who": ["oid:%s"], "may": ["getSecret", "setSecret"], "secrets": [%q]}]}`, object, names)
	return file.String()
}

// byToken returns access by tokens and 100 rules, and a token.
func byToken(t *testing.T) (*functions.Access, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := rules.Parse([]byte(hundredRules(benchObject, "db-*")))
	if err != nil {
		t.Fatal(err)
	}
	tokens := signInBy(t, &issuerInMemory{key: &key.PublicKey})
	return &functions.Access{SignIn: tokens, Rules: allowed}, withToken(t, key, 0).Header.Get("Authorization")
}

// signedIn measures a cached read with a token that has been seen before.
func signedIn(t *testing.T) []row {
	access, authorization := byToken(t)
	get := func(log io.Writer) func() {
		return cachedGetWith(handlerWith(t, access, log, nil), http.Header{"Accept": {"*/*"}, "Authorization": {authorization}})
	}
	costs := cheapest(marshalBundle(t), get(nil), get(io.Discard))
	floor, quiet, logged := costs[0], costs[1], costs[2]
	return []row{
		{"17", "signed in by token, 100 rules: handler ns/op ÷ json.Marshal of the secret", floor.String(), quiet.String(), quiet.ns / floor.ns, true, 1.8, false},
		{"17", "signed in by token, 100 rules, access log on: handler allocs/op", "1", logged.String(), logged.allocs, true, 5, false},
	}
}

// guardedThroughput compares cached reads by callers with tokens, and audited ones, with a bare
// server and with one that waits for the disk in each request.
func guardedThroughput(t *testing.T) []row {
	azure := wiretest.StartAzure(t, wiretest.Options{})
	callers, err := azure.RegisterApp(map[string][]string{"reader": nil})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := azure.Entra().Issue(callers["reader"].ClientID, standin.Audience, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "access.json")
	if err := os.WriteFile(file, []byte(hundredRules(callers["reader"].ObjectID, "a")), 0o600); err != nil {
		t.Fatal(err)
	}
	disk := t.TempDir()
	bare, synced := goProgram(t, "bare"), goProgram(t, "synced")
	synced.env = []string{"AUDIT_FILE=" + filepath.Join(disk, "synced")}
	tokens := handlerProgram(t, azure, append(azure.SignInEnv(), "ACCESS_RULES_FILE="+file)...)
	audited := handlerProgram(t, azure, "LOG_LEVEL=warn", "AUDIT_FOLDER="+filepath.Join(disk, "audit"))
	authorization := "Authorization: Bearer " + token
	var urls []string
	for i, p := range []program{bare, tokens, audited, synced} {
		p.pinned = true
		r := p.start(t)
		defer r.stop()
		r.await(t, map[bool]string{true: "/api/health", false: "/api/secrets/a"}[p.name == "rotunda"])
		if p.name == "rotunda" {
			setSecret(t, r.url, []string{"", authorization, "Accept: */*"}[i])
		}
		urls = append(urls, r.url+"/api/secrets/a")
	}
	var signed, kept, beyond []float64
	for range rounds {
		limit, _ := load(t, urls[0], 32)
		ours, _ := load(t, urls[1], 32, authorization)
		written, _ := load(t, urls[2], 32)
		each, _ := load(t, urls[3], 32)
		signed, kept, beyond = append(signed, ours/limit), append(kept, written/limit), append(beyond, written/each)
	}
	return []row{
		{"17", "cached GET, signed in by token, 100 rules, access log on: req/s ÷ bare", "1.00", spread(signed), medianOf(signed), false, 0.50, true},
		{"18", "cached GET, every read in a durable audit on disk, 32 connections: req/s ÷ one sync per request", "1.00", spread(beyond), medianOf(beyond), false, 10, true},
		{"18", "cached GET, every read in a durable audit on disk, 32 connections: req/s ÷ bare", "1.00", spread(kept), medianOf(kept), false, 0.15, true},
	}
}
