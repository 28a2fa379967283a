// Command webhook-classes is an API whose keys Rotunda rotates by the hook at /rotation, in class
// S or C. docs/webhook.md is the contract, and examples/webhook a shorter hook of class C.
//
//	go run ./examples/webhook-classes -class S -keys keys.json -signing-key key.txt
//
// Keys are stored as hashes, changes are durable before they are answered, and a credential
// belongs to one secret.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	address := flag.String("addr", "127.0.0.1:8090", "where to listen")
	class := flag.String("class", "C", "C: keys are issued and revoked; S: each user has one key")
	keys := flag.String("keys", "keys.json", "the file of keys")
	signing := flag.String("signing-key", "key.txt", "the file with the key that Rotunda signs requests with")
	flag.Parse()
	if err := run(*address, *class, *keys, *signing); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address, class, keys, signing string) error {
	if class != "C" && class != "S" {
		return errors.New("-class must be C or S")
	}
	text, err := os.ReadFile(signing)
	if err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(text)), "whsec_"))
	if err != nil || len(key) < 24 {
		return errors.New(signing + " must hold 24 random bytes or more, in base64")
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	store := &store{file: keys}
	mux := http.NewServeMux()
	mux.Handle("POST /rotation", newHook(key, class, store))
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) { // what the keys are for
		if known, _ := store.knows(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")); !known {
			http.Error(w, "unknown key", http.StatusUnauthorized)
			return
		}
		fmt.Fprintln(w, "no orders")
	})
	fmt.Println("listening on http://" + listener.Addr().String())
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// request and answer are those of docs/webhook.md.
type request struct {
	Action, Hook, Owner, Class, Operation, ID, Sample string
	Credential, Current, Next                         credential
}

type credential struct{ ID, Value, Username, Password string }

type answer struct {
	Verdict string   `json:"verdict"`
	Reason  string   `json:"reason,omitempty"`
	Class   string   `json:"class,omitempty"`
	ID      string   `json:"id,omitempty"`
	Value   string   `json:"value,omitempty"`
	IDs     []string `json:"ids,omitempty"`
}

// errConflict is answered with 409: the credential is another secret's, or current is not valid.
var errConflict = errors.New("the key belongs to another secret, or the current one is not valid")

// newHook serves requests that are signed with key, for a hook of one class.
func newHook(key []byte, class string, keys *store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil || !isSigned(key, r.Header, body) {
			respond(w, http.StatusUnauthorized, answer{Reason: "the signature is wrong or old"})
			return
		}
		var asked request
		if err := json.Unmarshal(body, &asked); err != nil || asked.Class != class && asked.Action != "plan" {
			respond(w, http.StatusBadRequest, answer{Reason: "this hook is of class " + class})
			return
		}
		act, known := actions[asked.Action]
		if !known {
			respond(w, http.StatusBadRequest, answer{Reason: "unknown action"})
			return
		}
		said, err := act(keys, asked)
		switch {
		case errors.Is(err, errConflict):
			respond(w, http.StatusConflict, answer{Reason: err.Error()})
		case err != nil:
			fmt.Fprintln(os.Stderr, asked.Action, asked.Owner, err)
			respond(w, http.StatusInternalServerError, answer{Reason: "the file of keys can't be used"})
		default:
			said.Class = class
			respond(w, http.StatusOK, said)
		}
	})
}

func respond(w http.ResponseWriter, status int, said answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(said) // the caller may be gone
}

// isSigned verifies a signature of Standard Webhooks that is at most five minutes old.
func isSigned(key []byte, header http.Header, body []byte) bool {
	const tolerance = 5 * time.Minute
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for given := range strings.FieldsSeq(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}
