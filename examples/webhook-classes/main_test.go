package main

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotators/webhook/hooktest"
)

const firstKey = "canary-first-key"

var signingKey = []byte("canary-signing-key-of-32-bytes!!")

// newStore returns a store with one key.
func newStore(t *testing.T) *store {
	t.Helper()
	keys := &store{file: filepath.Join(t.TempDir(), "keys.json")}
	err := keys.change(func(all map[string]entry) (bool, error) {
		all["first"] = entry{Hash: hash(firstKey)}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// check runs the conformance checks against a hook.
func check(t *testing.T, class string, hook http.Handler) []hooktest.Result {
	t.Helper()
	server := httptest.NewServer(hook)
	defer server.Close()
	config := hooktest.Config{URL: server.URL + "/rotation", Key: signingKey, Class: class, Client: server.Client(), Save: func(hooktest.Credential) error { return nil }}
	config.Current = hooktest.Credential{ID: "first", Value: firstKey}
	if class == "S" {
		config.Current = hooktest.Credential{Username: "first", Password: firstKey}
	}
	return hooktest.Run(t.Context(), config)
}

// rotation serves the hook where run does.
func rotation(hook http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /rotation", hook)
	return mux
}

func TestTheExampleKeepsTheContract(t *testing.T) {
	for _, class := range []string{"C", "S"} {
		keys := newStore(t)
		for range 2 { // a second run finds a key that has an owner
			if class == "S" {
				keys = newStore(t) // the first run has changed the key
			}
			for _, result := range check(t, class, rotation(newHook(signingKey, class, keys))) {
				if result.Err != nil {
					t.Errorf("class %s: %s: %v", class, result.Name, result.Err)
				}
			}
		}
		if class == "C" {
			_ = keys.change(func(all map[string]entry) (bool, error) {
				if ids := slices.Collect(maps.Keys(all)); len(ids) != 1 || ids[0] != "first" {
					t.Errorf("the checks left %v", ids)
				}
				return false, nil
			})
		}
	}
}

// message is a body.
type message = map[string]any

// mistake is what a broken hook does differently.
type mistake struct {
	trusts func(header http.Header) bool            // a proof that it accepts though it is wrong
	hears  func(asked message)                      // changes the request
	says   func(asked, said message, status *int)   // changes the answer
	acts   func(asked message, do func(message))    // does more afterwards
	kind   string                                   // of its answers
	claims func(keys *store, asked message) message // answers in place of the hook; nil does not
}

// over returns a hook with the mistake.
func (m mistake) over(hook http.Handler, keys *store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked := message{}
		proven := isSigned(signingKey, r.Header, body) || m.trusts != nil && m.trusts(r.Header)
		if !proven || json.Unmarshal(body, &asked) != nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			hook.ServeHTTP(w, r)
			return
		}
		if m.hears != nil {
			m.hears(asked)
		}
		status, said := do(hook, asked)
		if m.claims != nil {
			if instead := m.claims(keys, asked); instead != nil {
				status, said = http.StatusOK, instead
			}
		}
		if m.says != nil {
			m.says(asked, said, &status)
		}
		if m.acts != nil {
			m.acts(asked, func(more message) { do(hook, more) })
		}
		w.Header().Set("Content-Type", cmp.Or(m.kind, "application/json"))
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(said)
	})
}

// do sends a hook a request with the right proof.
func do(hook http.Handler, asked message) (status int, said message) {
	body, _ := json.Marshal(asked)
	r := httptest.NewRequest(http.MethodPost, "/rotation", bytes.NewReader(body))
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, signingKey)
	fmt.Fprintf(mac, "id.%s.%s", stamp, body)
	r.Header.Set("webhook-id", "id")
	r.Header.Set("webhook-timestamp", stamp)
	r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	hook.ServeHTTP(w, r)
	_ = json.Unmarshal(w.Body.Bytes(), &said)
	return w.Code, said
}

func part(asked message, name, field string) string {
	inner, _ := asked[name].(message)
	text, _ := inner[field].(string)
	return text
}

// on returns a change of the answer to one action.
func on(action string, change func(asked, said message, status *int)) func(asked, said message, status *int) {
	return func(asked, said message, status *int) {
		if asked["action"] == action {
			change(asked, said, status)
		}
	}
}

// conflictsPass answers conflicts as if they were none.
func conflictsPass(asked, said message, status *int) {
	if *status == http.StatusConflict {
		*status, said["verdict"] = http.StatusOK, "accepted"
	}
}

// anyOwner makes every secret the owner.
func anyOwner(asked message) { asked["owner"] = "hooktest.invalid/test" }

func TestEachMistakeIsFoundByName(t *testing.T) {
	for name, row := range map[string]struct {
		class string
		mistake
		found string
	}{
		"does not verify signatures":              {"C", mistake{trusts: func(http.Header) bool { return true }}, "a request with a wrong signature is refused"},
		"verifies what is signed, if anything is": {"C", mistake{trusts: func(h http.Header) bool { return h.Get("webhook-signature") == "" }}, "a request without a signature is refused"},
		"does not look at the time":               {"C", mistake{trusts: isOld}, "a signature that is ten minutes old is refused"},
		"lets clocks be ahead":                    {"C", mistake{trusts: isAhead}, "a signature of ten minutes from now is refused"},
		"does not name its class":                 {"C", mistake{says: on("plan", func(_, said message, _ *int) { delete(said, "class") })}, "plan is accepted, and names the hook's class"},
		"is of another class":                     {"C", mistake{says: on("plan", func(_, said message, _ *int) { said["class"] = "S" })}, "plan is accepted, and names the hook's class"},
		"accepts every credential":                {"C", mistake{says: on("verify", func(_, said message, _ *int) { said["verdict"] = "accepted" })}, "verify rejects a wrong credential"},
		"rejects by a status": {"C", mistake{says: on("verify", func(_, said message, status *int) {
			*status = map[bool]int{true: 200, false: 404}[said["verdict"] == "accepted"]
		})}, "verify rejects a wrong credential"},
		"answers text":                                    {"C", mistake{kind: "text/plain"}, "plan is accepted, and names the hook's class"},
		"has its own verdicts":                            {"C", mistake{says: on("verify", func(_, said message, _ *int) { said["verdict"] = "ok" })}, "verify accepts the current credential"},
		"accepts unknown actions":                         {"C", mistake{says: on("explode", func(_, _ message, status *int) { *status = 200 })}, "an unknown action is refused"},
		"repeats a credential in a reason":                {"C", mistake{says: on("verify", func(asked, said message, _ *int) { said["reason"] = "not " + part(asked, "credential", "value") })}, "verify accepts the current credential"},
		"issues to whoever asks":                          {"C", mistake{hears: func(asked message) { trustIssue(asked) }}, "issue with a current credential that is not valid is refused with 409"},
		"issues an id that is the value":                  {"C", mistake{says: on("issue", func(_, said message, _ *int) { said["id"] = said["value"] })}, "issue makes another credential that is valid, and keeps the current one"},
		"revokes the current one when it issues":          {"C", mistake{acts: revokesCurrent}, "issue makes another credential that is valid, and keeps the current one"},
		"does not know owners":                            {"C", mistake{hears: anyOwner}, "issue by another secret is refused with 409"},
		"hides conflicts":                                 {"C", mistake{says: on("revoke", conflictsPass)}, "revoke by another secret is refused with 409"},
		"lists nothing":                                   {"C", mistake{says: on("list", func(_, said message, _ *int) { delete(said, "ids") })}, "list returns what an operation has issued"},
		"lists everything":                                {"C", mistake{claims: listsAll}, "list returns nothing else"},
		"does not revoke":                                 {"C", mistake{claims: onlySays("revoke")}, "revoke makes a credential invalid, and keeps the current one"},
		"fails to revoke what is gone":                    {"C", mistake{says: failsTwice()}, "revoke can be repeated"},
		"does not apply":                                  {"S", mistake{claims: onlySays("apply")}, "apply makes the next credential valid, and the current one invalid"},
		"sets without comparing":                          {"S", mistake{claims: setsAnyway}, "apply with a current credential that is not valid is refused with 409"},
		"sets without comparing, for its owner":           {"S", mistake{claims: setsOften}, "apply that comes late changes nothing"},
		"fails at a repeated apply":                       {"S", mistake{says: failsTwice()}, "apply can be repeated"},
		"does not know owners of passwords":               {"S", mistake{hears: anyOwner}, "apply by another secret is refused with 409"},
		"accepts every password":                          {"S", mistake{says: on("verify", func(_, said message, _ *int) { said["verdict"] = "accepted" })}, "verify rejects a wrong credential"},
		"keeps the old password beside the new one valid": {"S", mistake{says: remembers()}, "apply makes the next credential valid, and the current one invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			keys := newStore(t)
			results := check(t, row.class, rotation(row.over(newHook(signingKey, row.class, keys), keys)))
			found := slices.ContainsFunc(results, func(r hooktest.Result) bool { return r.Name == row.found && r.Err != nil })
			if !found {
				t.Errorf("%q passed: %v", row.found, results)
			}
			for _, result := range results {
				if result.Err != nil && strings.Contains(result.Err.Error(), "canary") {
					t.Errorf("%s repeats a value: %v", result.Name, result.Err)
				}
			}
		})
	}
}

func since(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		return 0
	}
	return time.Since(time.Unix(seconds, 0))
}

func isOld(h http.Header) bool   { return since(h) > 6*time.Minute }
func isAhead(h http.Header) bool { return since(h) < -6*time.Minute }

// trustIssue puts the right current credential into a request.
func trustIssue(asked message) {
	if asked["action"] == "issue" {
		asked["current"] = message{"id": "first", "value": firstKey}
	}
}

func revokesCurrent(asked message, do func(message)) {
	if asked["action"] == "issue" && part(asked, "current", "value") == firstKey {
		do(message{"action": "revoke", "class": "C", "owner": asked["owner"], "id": "first"})
	}
}

// onlySays answers an action with success and does nothing: the store is put back.
func onlySays(action string) func(*store, message) message {
	var before map[string]entry
	return func(keys *store, asked message) (said message) {
		_ = keys.change(func(all map[string]entry) (bool, error) {
			if asked["action"] != action {
				before = maps.Clone(all)
				return false, nil
			}
			clear(all)
			maps.Copy(all, before)
			said = message{"verdict": "accepted"}
			return true, nil
		})
		return said
	}
}

func listsAll(keys *store, asked message) (said message) {
	if asked["action"] != "list" {
		return nil
	}
	_ = keys.change(func(all map[string]entry) (bool, error) {
		said = message{"verdict": "accepted", "ids": slices.Collect(maps.Keys(all))}
		return false, nil
	})
	return said
}

// set makes a password valid whatever is.
func set(keys *store, asked message) message {
	_ = keys.change(func(all map[string]entry) (bool, error) {
		all["first"] = entry{Hash: hash(part(asked, "next", "password")), Owner: "hooktest.invalid/test"}
		return true, nil
	})
	return message{"verdict": "accepted"}
}

func setsAnyway(keys *store, asked message) message {
	if asked["action"] != "apply" {
		return nil
	}
	return set(keys, asked)
}

// setsOften sets for the owner, unless current was never valid.
func setsOften(keys *store, asked message) message {
	if asked["action"] != "apply" || asked["owner"] != "hooktest.invalid/test" || strings.HasSuffix(fmt.Sprint(asked["operation"]), "w") {
		return nil
	}
	return set(keys, asked)
}

// failsTwice fails at the second request with the same content.
func failsTwice() func(asked, said message, status *int) {
	seen := map[string]bool{}
	return func(asked, _ message, status *int) {
		text, _ := json.Marshal(asked)
		if asked["action"] == "apply" || asked["action"] == "revoke" {
			if seen[string(text)] {
				*status = http.StatusConflict
			}
			seen[string(text)] = true
		}
	}
}

// remembers accepts what was valid once.
func remembers() func(asked, said message, status *int) {
	valid := map[string]bool{}
	return on("verify", func(asked, said message, _ *int) {
		password := part(asked, "credential", "password")
		if said["verdict"] == "accepted" {
			valid[password] = true
		}
		if valid[password] {
			said["verdict"] = "accepted"
		}
	})
}

func TestAnUnknownClassIsRefused(t *testing.T) {
	if err := run("127.0.0.1:0", "s", "keys.json", "key.txt"); err == nil || !strings.Contains(err.Error(), "-class must be C or S") {
		t.Error(err)
	}
}
