// Command webhook is an API whose keys Rotunda rotates by the hook at /rotation, in class C. The
// contract is docs/webhook.md. hook.go keeps it; this file has the server and the file of keys.
//
//	go run ./examples/webhook -keys keys.json -signing-key key.txt
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func (h *hook) load() (keys map[string]key, err error) {
	text, err := os.ReadFile(h.file)
	return keys, errors.Join(err, json.Unmarshal(text, &keys))
}

// store writes the keys so that a crash leaves the old file or the new one.
func (h *hook) store(keys map[string]key) error {
	file, err := os.OpenFile(h.file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(json.NewEncoder(file).Encode(keys), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(h.file+".new", h.file)
}

func (h *hook) rotation(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		http.Error(w, "the request is too long", http.StatusRequestEntityTooLarge)
		return
	}
	status, said := h.answer(r.Header, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(said) // the caller may be gone
}

// orders is what the keys are for.
func (h *hook) orders(w http.ResponseWriter, r *http.Request) {
	if keys, err := h.load(); err != nil || !valid(keys, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
		http.Error(w, "unknown key", http.StatusUnauthorized)
		return
	}
	fmt.Fprintln(w, "no orders")
}

func main() {
	address := flag.String("addr", "127.0.0.1:8090", "where to listen")
	h := &hook{}
	flag.StringVar(&h.file, "keys", "keys.json", "the `file` of keys")
	name := flag.String("signing-key", "key.txt", "the `file` with the key that signs requests, in base64")
	flag.Parse()
	text, err := os.ReadFile(*name)
	if err != nil {
		log.Fatal(err)
	}
	h.signing, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(text)), "whsec_"))
	if err != nil || len(h.signing) < 24 {
		log.Fatal(*name, " must hold 24 random bytes or more, in base64")
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /rotation", h.rotation)
	http.HandleFunc("GET /orders", h.orders)
	fmt.Println("listening on http://" + listener.Addr().String())
	log.Fatal((&http.Server{ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}).Serve(listener))
}
