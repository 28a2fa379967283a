package functions_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rotunda/internal/standin/entra"
	"rotunda/internal/wiretest"
)

// Rotations by a hook: the real handler, and a program of examples as a process of its
// own.

const firstHookKey = "canary-first-key"

// exampleHook is examples/webhook, or in class S examples/webhook-classes, which runs until the
// test ends.
type exampleHook struct {
	url  string // of the program
	keys string // its file
}

// startHook starts the program with one key, which has the id or the user app.
func startHook(t *testing.T, class string) (hook exampleHook, signingKey string) {
	t.Helper()
	folder := t.TempDir()
	signingKey = base64.StdEncoding.EncodeToString([]byte("canary-signing-key-of-32-bytes!!"))
	hook.keys = filepath.Join(folder, "keys.json")
	sum := sha256.Sum256([]byte(firstHookKey))
	for file, text := range map[string]string{
		hook.keys: fmt.Sprintf(`{"app":{"hash":%q}}`, hex.EncodeToString(sum[:])), filepath.Join(folder, "key.txt"): signingKey + "\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-addr", "127.0.0.1:0", "-keys", hook.keys, "-signing-key", filepath.Join(folder, "key.txt")}
	program := "./examples/webhook"
	if class == "S" {
		program, args = program+"-classes", append(args, "-class", class)
	}
	command := exec.Command(wiretest.Program(t, program), args...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	hook.url = strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	return hook, signingKey
}

// opens reports whether a key opens the API that it is for.
func (h exampleHook) opens(t *testing.T, key string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// ids returns the ids of the keys that are valid.
func (h exampleHook) ids(t *testing.T) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(h.keys)
	all := map[string]any{}
	if err != nil || json.Unmarshal(text, &all) != nil {
		t.Fatal(err, "the file of keys")
	}
	for id := range all {
		ids = append(ids, id)
	}
	return ids
}

// lossy is what is between the app and the hook. It loses the answer to one call.
type lossy struct {
	*httptest.Server
	to string

	mu    sync.Mutex
	calls []string // the actions
	lose  int      // the number of the call, from 1
	on    string   // or the action, at its first call
	then  func()   // called when an answer is lost
}

func newLossy(t *testing.T, to string) *lossy {
	l := &lossy{to: to}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

// ServeHTTP implements http.Handler.
func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	forward := r.Clone(r.Context())
	forward.Body, forward.RequestURI = io.NopCloser(bytes.NewReader(body)), ""
	forward.URL.Scheme, forward.URL.Host = "http", strings.TrimPrefix(l.to, "http://")
	response, err := http.DefaultTransport.RoundTrip(forward)
	if err != nil {
		http.Error(w, "the hook is gone", http.StatusBadGateway)
		return
	}
	defer func() { _ = response.Body.Close() }()
	if l.count(body) {
		if l.then != nil {
			l.then()
		}
		panic(http.ErrAbortHandler) // the hook has done it, and nobody hears of it
	}
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body)
}

// count notes a call, and reports whether its answer is to be lost.
func (l *lossy) count(body []byte) bool {
	var asked struct{ Action string }
	_ = json.Unmarshal(body, &asked)
	l.mu.Lock()
	defer l.mu.Unlock()
	isFirst := !slices.Contains(l.calls, asked.Action)
	l.calls = append(l.calls, asked.Action)
	return len(l.calls) == l.lose || asked.Action == l.on && isFirst
}

// setHooked sets a secret whose credential the hook rotates.
func setHooked(t *testing.T, app *wiretest.App, name, address, signingKey, class string) {
	t.Helper()
	setTagged(t, app, name+"-signing", signingKey, map[string]string{"AdminFor": address})
	setTagged(t, app, name, firstHookKey, map[string]string{
		"Rotator": "webhook", "ProviderAddress": address + "/rotation", "CredentialId": "app", "AdminSecret": name + "-signing",
		"RotationClass": class, "ValidityPeriodDays": "60", "team": "a",
	})
}

var plaintext = wiretest.Options{Env: []string{"ROTATION_ALLOW_PLAINTEXT=true"}}

func TestAHookRotatesACredential(t *testing.T) {
	for class, state := range map[string]string{"C": "retiring", "S": "closed"} {
		t.Run(class, func(t *testing.T) {
			hook, signingKey := startHook(t, class)
			app := wiretest.Start(t, plaintext)
			setHooked(t, app, "api-key", hook.url, signingKey, class)
			must(t, app, "/secrets/api-key/rotate?dryRun=true", 200, `"ready":true`)
			must(t, app, "/secrets/api-key/rotate?wait=true", 200, `"state":"`+state+`"`)
			next := valueOf(t, app, "api-key")
			if next == firstHookKey || !hook.opens(t, next) || hook.opens(t, firstHookKey) != (class == "C") {
				t.Errorf("after the rotation the new key opens %v, the old one %v", hook.opens(t, next), hook.opens(t, firstHookKey))
			}
			if class == "C" {
				must(t, app, "/secrets/api-key/rotation/retire", 200, `"verdict":"rejected"`)
			}
			if !hook.opens(t, next) || hook.opens(t, firstHookKey) || len(hook.ids(t)) != 1 {
				t.Errorf("in the end the new key opens %v, the old one %v; there are %v", hook.opens(t, next), hook.opens(t, firstHookKey), hook.ids(t))
			}
			if log := app.Log.String(); strings.Contains(log, "canary") || strings.Contains(log, next) {
				t.Errorf("the log has a value: %s", log)
			}
		})
	}
}

// Whatever answer is lost, the rotation ends with one valid key, which is the secret's.
func TestALostAnswerOfAHookOnlyDelaysARotation(t *testing.T) {
	for _, class := range []string{"C", "S"} {
		hook, signingKey := startHook(t, class)
		app := wiretest.Start(t, plaintext)
		total := 1
		for lost := 0; lost <= total; lost++ { // 0 loses none, and counts the calls
			t.Run(fmt.Sprintf("%s, answer %d", class, lost), func(t *testing.T) {
				front := newLossy(t, hook.url)
				front.lose = lost
				resetKeys(t, hook)
				name := fmt.Sprintf("key-%d", lost)
				setHooked(t, app, name, front.URL, signingKey, class)
				app.Do(t, http.MethodPost, "/secrets/"+name+"/rotate?wait=true", "")
				finish(t, app, name)
				next := valueOf(t, app, name)
				if next == firstHookKey || !hook.opens(t, next) || hook.opens(t, firstHookKey) || len(hook.ids(t)) != 1 {
					t.Errorf("in the end the secret's key opens %v, the first one %v; there are %v; calls: %v",
						hook.opens(t, next), hook.opens(t, firstHookKey), hook.ids(t), front.calls)
				}
				if lost == 0 {
					total = len(front.calls)
				}
			})
		}
	}
}

// The handler is killed when the hook has done what it asked, and before it hears of that.
func TestAKilledHandlerResumesARotationByAHook(t *testing.T) {
	for class, actions := range map[string][]string{"C": {"verify", "plan", "issue", "list", "revoke"}, "S": {"verify", "plan", "apply"}} {
		hook, signingKey := startHook(t, class)
		for _, action := range actions {
			t.Run(class+", "+action, func(t *testing.T) {
				resetKeys(t, hook)
				app := wiretest.Start(t, plaintext)
				front := newLossy(t, hook.url)
				front.on, front.then = action, func() {
					if err := app.Host.KillHandler(); err != nil {
						t.Error(err)
					}
				}
				setHooked(t, app, "api-key", front.URL, signingKey, class)
				app.Do(t, http.MethodPost, "/secrets/api-key/rotate?wait=true", "")
				finish(t, app, "api-key")
				next := valueOf(t, app, "api-key")
				if next == firstHookKey || !hook.opens(t, next) || hook.opens(t, firstHookKey) || len(hook.ids(t)) != 1 || !slices.Contains(front.calls, action) {
					t.Errorf("in the end the secret's key opens %v, the first one %v; there are %v; calls: %v",
						hook.opens(t, next), hook.opens(t, firstHookKey), hook.ids(t), front.calls)
				}
			})
		}
	}
}

// resetKeys makes the first key the only one.
func resetKeys(t *testing.T, hook exampleHook) {
	t.Helper()
	sum := sha256.Sum256([]byte(firstHookKey))
	if err := os.WriteFile(hook.keys, fmt.Appendf(nil, `{"app":{"hash":%q}}`, hex.EncodeToString(sum[:])), 0o600); err != nil {
		t.Fatal(err)
	}
}

// finish resumes, starts and retires until the rotation is closed.
func finish(t *testing.T, app *wiretest.App, name string) {
	t.Helper()
	const enough = 8
	for range enough {
		switch status := app.Do(t, http.MethodGet, "/secrets/"+name+"/rotation", ""); {
		case hasState("closed")(status):
			return
		case hasState("retiring")(status):
			app.Do(t, http.MethodPost, "/secrets/"+name+"/rotation/retire", "")
		case hasState("none")(status):
			app.Do(t, http.MethodPost, "/secrets/"+name+"/rotate?wait=true", "")
		default:
			app.Do(t, http.MethodPost, "/secrets/"+name+"/rotation/resume", "")
		}
	}
	t.Fatalf("not closed: %v", app.Do(t, http.MethodGet, "/secrets/"+name+"/rotation", ""))
}

// tokenFront verifies tokens of the app's identity in front of a hook that knows signatures.
type tokenFront struct {
	to, signingKey string
	verify         func(token string) error
}

// ServeHTTP implements http.Handler.
func (f tokenFront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found || f.verify(token) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	key, _ := base64.StdEncoding.DecodeString(f.signingKey)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "id.%s.%s", stamp, body)
	r.Header.Del("Authorization")
	r.Header.Set("Webhook-Id", "id")
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.Body = io.NopCloser(bytes.NewReader(body))
	(&lossy{to: f.to}).ServeHTTP(w, r)
}

// The identity's token comes from the stand-in for Entra and is verified by it.
func TestAHookThatVerifiesTokensOfTheAppsIdentity(t *testing.T) {
	const audience = "api://rotation-hook"
	hook, signingKey := startHook(t, "S")
	azure := wiretest.StartAzure(t, wiretest.Options{})
	if _, err := azure.Entra().Register(entra.Application{Name: "rotation-hook", API: entra.API{URIs: []string{audience}}}); err != nil {
		t.Fatal(err)
	}
	verifier := azure.Entra().Verifier(audience)
	front := httptest.NewTLSServer(tokenFront{hook.url, signingKey, func(token string) error { _, err := verifier(token); return err }})
	t.Cleanup(front.Close)
	folder := t.TempDir()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(folder, "ca.pem"), certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	app := wiretest.Start(t, wiretest.Options{Azure: azure, Env: []string{
		"ROTATION_CA_FOLDER=" + folder, "ROTATION_WEBHOOK_AUDIENCES=" + front.URL + "=" + audience,
	}})
	tags := map[string]string{
		"Rotator": "webhook", "ProviderAddress": front.URL + "/rotation?cafile=ca.pem", "CredentialId": "app", "ValidityPeriodDays": "60",
	}
	setTagged(t, app, "api-key", firstHookKey, tags)
	must(t, app, "/secrets/api-key/rotate?wait=true", 200, `"state":"closed"`)
	if next := valueOf(t, app, "api-key"); next == firstHookKey || !hook.opens(t, next) || hook.opens(t, firstHookKey) {
		t.Errorf("the new key opens %v, the old one %v", hook.opens(t, next), hook.opens(t, firstHookKey))
	}
	// a tag sends no token to a server that the setting does not list
	tags["ProviderAddress"] = strings.Replace(tags["ProviderAddress"], "127.0.0.1", "localhost", 1)
	setTagged(t, app, "another", firstHookKey, tags)
	must(t, app, "/secrets/another/rotate?wait=true", 409, "ROTATION_WEBHOOK_AUDIENCES")
}

func TestARollbackByAHook(t *testing.T) {
	for class, ids := range map[string]int{"C": 2, "S": 1} {
		t.Run(class, func(t *testing.T) {
			hook, signingKey := startHook(t, class)
			app := wiretest.Start(t, plaintext)
			setHooked(t, app, "api-key", hook.url, signingKey, class)
			app.Do(t, http.MethodPost, "/secrets/api-key/rotate?wait=true", "")
			next := valueOf(t, app, "api-key")
			must(t, app, "/secrets/api-key/rotation/rollback", 200, `"status":"Succeeded"`)
			if got := valueOf(t, app, "api-key"); got != firstHookKey || !hook.opens(t, firstHookKey) || hook.opens(t, next) != (class == "C") || len(hook.ids(t)) != ids {
				t.Errorf("after the rollback the first key opens %v, the other %v; there are %v", hook.opens(t, firstHookKey), hook.opens(t, next), hook.ids(t))
			}
			if tags := app.Do(t, http.MethodGet, "/secrets/api-key", "").Body; !strings.Contains(tags, `"CredentialId":"app"`) {
				t.Errorf("the id is not that of the first key: %s", tags)
			}
		})
	}
}
