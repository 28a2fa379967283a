package keyvault_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rotunda/internal/standin/entra"
	"rotunda/internal/standin/keyvault"
)

// writerFile, if set in the environment, makes this test binary the writer that is killed.
const writerFile = "KEYVAULT_TEST_WRITER_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(writerFile); file != "" {
		fmt.Fprintln(os.Stderr, writeForEver(file)) // only a kill or an error ends it
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// acknowledged is a write that was acknowledged: a version that was set, or a name that was
// deleted.
type acknowledged struct{ Name, Version, Deleted string }

// writeForEver sets secrets, deletes every fifth, and prints each as soon as it is acknowledged.
func writeForEver(file string) error {
	anyone := func(string) (entra.Claims, error) { return entra.Claims{}, nil }
	vaults, err := keyvault.New(keyvault.Options{DataFile: file, Tenant: "00000000-0000-4000-8000-000000000001", Check: anyone})
	if err != nil {
		return err
	}
	run := fmt.Sprintf("%d-", os.Getpid())
	out := json.NewEncoder(os.Stdout)
	for i := 0; ; i++ {
		name := run + fmt.Sprint(i%7)
		if i%5 == 4 {
			name = run + "gone-" + fmt.Sprint(i)
		}
		ack, err := writeOne(vaults, name, i%5 == 4)
		if err == nil {
			err = out.Encode(ack)
		}
		if err != nil {
			return err
		}
	}
}

func writeOne(vaults http.Handler, name string, thenDelete bool) (acknowledged, error) {
	id, err := serve(vaults, "PUT", name, `{"value":"value of `+name+`"}`)
	if err != nil {
		return acknowledged{}, err
	}
	ack := acknowledged{Name: name, Version: id[strings.LastIndex(id, "/")+1:]}
	if thenDelete {
		_, err = serve(vaults, "DELETE", name, "")
		ack = acknowledged{Deleted: name}
	}
	return ack, err
}

// serve calls the handler without a network, and returns the id in its response.
func serve(vaults http.Handler, method, name, body string) (string, error) {
	r := httptest.NewRequest(method, address("/secrets/"+name), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer anyone")
	w := httptest.NewRecorder()
	vaults.ServeHTTP(w, r)
	var answer struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 {
		return "", fmt.Errorf("%s %s: %d %s", method, name, w.Code, w.Body)
	}
	return answer.ID, nil
}

// TestKill kills a writing process at several moments, and checks that every acknowledged write
// is stored.
func TestKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vaults.db")
	var all []acknowledged
	for _, after := range []int{1, 10, 23, 57, 100} {
		all = append(all, killAfter(t, file, after)...)
		v := start(t, keyvault.Options{DataFile: file})
		for _, ack := range all {
			v.wantKept(t, ack)
		}
		if err := v.Close(); err != nil { // for the next writer
			t.Fatal(err)
		}
	}
	t.Logf("%d acknowledged writes survived 5 kills", len(all))
}

func (s *standin) wantKept(t *testing.T, ack acknowledged) {
	t.Helper()
	if ack.Deleted != "" {
		s.do(t, "GET", "/deletedsecrets/"+ack.Deleted, "").want(t, 200, "")
		return
	}
	got := s.do(t, "GET", "/secrets/"+ack.Name+"/"+ack.Version, "").want(t, 200, "")
	if got.body["value"] != "value of "+ack.Name {
		t.Errorf("%s %s is %s", ack.Name, ack.Version, got.text)
	}
}

// killAfter starts a writer, kills it after n acknowledged writes, and returns them all.
func killAfter(t *testing.T, file string, n int) []acknowledged {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0])
	writer.Env = append(os.Environ(), writerFile+"="+file)
	var trouble bytes.Buffer
	writer.Stderr = &trouble
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	var acks []acknowledged
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var ack acknowledged
		if json.Unmarshal(lines.Bytes(), &ack) != nil {
			break // the line that it was writing when it was killed
		}
		if acks = append(acks, ack); len(acks) == n {
			if err := writer.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := writer.Wait(); err == nil || len(acks) < n {
		t.Fatalf("the writer ended by itself after %d writes: %v %s", len(acks), err, trouble.String())
	}
	return acks
}

func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vaults.db")
	v := start(t, keyvault.Options{DataFile: file})
	old := v.do(t, "PUT", "/secrets/x", `{"value":"1","tags":{},"contentType":"t","attributes":{"exp":5}}`)
	blob := v.do(t, "POST", "/secrets/x/backup", "").text
	v.do(t, "PUT", "/secrets/y", `{"value":"1"}`)
	v.do(t, "DELETE", "/secrets/y", "").want(t, 200, "")
	if _, err := keyvault.New(keyvault.Options{DataFile: file, Tenant: tenant().Tenant(), Check: tenant().Verifier("")}); err == nil ||
		!strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second server opened the file: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v = start(t, keyvault.Options{DataFile: file})
	if got := v.do(t, "GET", "/secrets/x", "").want(t, 200, ""); got.text != old.text {
		t.Errorf("got %s, want %s", got.text, old.text)
	}
	v.do(t, "GET", "/deletedsecrets/y", "").want(t, 200, "")
	v.do(t, "POST", "https://fabrikam.vault.azure.net/secrets/restore", blob).want(t, 200, "")
}
