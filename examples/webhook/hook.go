package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// key is an API key: the hash of its value, which is random, the secret that has it, "" before its
// first rotation, and the operation that issued it.
type key struct{ Hash, Owner, Operation string }

type request struct {
	Action, Owner, Class, Operation, ID string
	Current, Credential                 struct{ ID, Value string }
}

type answer map[string]any

// rotate does what a request asks, by the rules of docs/webhook.md.
func rotate(keys map[string]key, r request) (status int, said answer) {
	current, known := keys[r.Current.ID]
	foreign := current.Owner != "" && current.Owner != r.Owner
	said = answer{"class": "C", "verdict": "accepted"}
	switch r.Action {
	case "plan":
		if !known || foreign {
			said["verdict"], said["reason"] = "rejected", "the key does not exist, or belongs to another secret"
		}
	case "verify":
		if !valid(keys, r.Credential.Value) {
			said["verdict"] = "rejected"
		}
	case "issue": // only to who has the current key, which belongs to that secret from now on
		if current.Hash != hash(r.Current.Value) || foreign {
			return http.StatusConflict, answer{"reason": "the current key is not valid, or belongs to another secret"}
		}
		id, value := strings.ToLower(rand.Text()[:12]), rand.Text()
		current.Owner = r.Owner
		keys[r.Current.ID], keys[id] = current, key{hash(value), r.Owner, r.Operation}
		said["id"], said["value"] = id, value
	case "list":
		ids := []string{}
		for id, k := range keys {
			if k.Owner == r.Owner && k.Operation == r.Operation {
				ids = append(ids, id)
			}
		}
		said["ids"] = ids
	case "revoke": // a key that is gone already is revoked
		if k, exists := keys[r.ID]; exists && k.Owner != r.Owner {
			return http.StatusConflict, answer{"reason": "the key belongs to another secret"}
		}
		delete(keys, r.ID)
	default:
		return http.StatusBadRequest, answer{"reason": "unknown action"}
	}
	return http.StatusOK, said
}

func hash(value string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(value))) }

func valid(keys map[string]key, value string) (found bool) {
	for _, k := range keys {
		found = found || k.Hash == hash(value)
	}
	return found
}

// signed verifies a signature of Standard Webhooks that is at most five minutes old.
func signed(signing []byte, header http.Header, body []byte) bool {
	stamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	mac := hmac.New(sha256.New, signing)
	fmt.Fprintf(mac, "%s.%s.%s", header.Get("webhook-id"), stamp, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return err == nil && time.Since(time.Unix(seconds, 0)).Abs() < 5*time.Minute &&
		hmac.Equal([]byte(header.Get("webhook-signature")), []byte(want))
}

// hook answers requests from a file of keys by their ids.
type hook struct {
	file    string
	signing []byte
	mu      sync.Mutex // held from the reading of keys to their writing
}

func (h *hook) answer(header http.Header, body []byte) (int, answer) {
	var asked request
	if !signed(h.signing, header, body) {
		return http.StatusUnauthorized, answer{"reason": "the signature is wrong or old"}
	}
	if json.Unmarshal(body, &asked) != nil || asked.Class != "C" && asked.Action != "plan" {
		return http.StatusBadRequest, answer{"reason": "this hook is of class C"}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	keys, err := h.load()
	if err != nil {
		return http.StatusInternalServerError, answer{"reason": "the file of keys can't be read"}
	}
	status, said := rotate(keys, asked)
	if (asked.Action == "issue" || asked.Action == "revoke") && status == http.StatusOK && h.store(keys) != nil {
		return http.StatusInternalServerError, answer{"reason": "the file of keys can't be written"}
	}
	return status, said
}
