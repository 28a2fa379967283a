package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// store is a file of keys. Only their hashes are kept: they are random, so a fast hash is enough.
type store struct {
	file string
	mu   sync.Mutex
}

// entry is a key, by its id in class C and by its user in class S.
type entry struct {
	Hash      string `json:"hash"`      // SHA-256, in hexadecimal
	Owner     string `json:"owner"`     // the secret that owns the key; "" before its first rotation
	Operation string `json:"operation"` // that issued it
}

func hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// change reads the file, and writes it again if do returns nil and keep.
func (s *store) change(do func(all map[string]entry) (keep bool, err error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]entry{}
	text, err := os.ReadFile(s.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		if err := json.Unmarshal(text, &all); err != nil {
			return err
		}
	}
	keep, err := do(all)
	if err != nil || !keep {
		return err
	}
	if text, err = json.MarshalIndent(all, "", "  "); err != nil {
		return err
	}
	return replace(s.file, text)
}

// replace writes a file so that a crash leaves the old one or the new one.
func replace(name string, text []byte) error {
	file, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// knows reports whether a key is valid.
func (s *store) knows(key string) (known bool, err error) {
	err = s.change(func(all map[string]entry) (bool, error) {
		for _, one := range all {
			known = known || one.Hash == hash(key)
		}
		return false, nil
	})
	return known, err
}

var accepted = answer{Verdict: "accepted"}

// actions are what requests may ask for.
var actions = map[string]func(*store, request) (answer, error){
	"plan":   (*store).plan,
	"verify": (*store).verify,
	"apply":  (*store).apply,
	"issue":  (*store).issue,
	"list":   (*store).list,
	"revoke": (*store).revoke,
}

// plan reports what would keep a rotation from succeeding. It changes nothing.
func (s *store) plan(r request) (said answer, err error) {
	err = s.change(func(all map[string]entry) (bool, error) {
		one, found := all[r.Current.ID+r.Current.Username]
		switch {
		case !found:
			said = answer{Verdict: "rejected", Reason: "there is no such key"}
		case one.Owner != "" && one.Owner != r.Owner:
			said = answer{Verdict: "rejected", Reason: "the key belongs to " + one.Owner}
		default:
			said = accepted
		}
		return false, nil
	})
	return said, err
}

func (s *store) verify(r request) (answer, error) {
	known, err := s.knows(r.Credential.Value)
	if r.Class == "S" {
		err = s.change(func(all map[string]entry) (bool, error) {
			known = all[r.Credential.Username].Hash == hash(r.Credential.Password)
			return false, nil
		})
	}
	if !known {
		return answer{Verdict: "rejected", Reason: "there is no such key"}, err
	}
	return accepted, err
}

// apply makes next valid in place of current. If next is valid already, it was done before.
func (s *store) apply(r request) (said answer, err error) {
	if r.Next.Username != r.Current.Username || len(r.Next.Password) < 16 {
		return answer{Verdict: "rejected", Reason: "a key must have 16 characters"}, nil
	}
	return accepted, s.change(func(all map[string]entry) (bool, error) {
		one := all[r.Current.Username]
		switch {
		case one.Owner != "" && one.Owner != r.Owner:
			return false, errConflict
		case one.Hash == hash(r.Next.Password):
			return false, nil
		case one.Hash != hash(r.Current.Password):
			return false, errConflict
		}
		all[r.Current.Username] = entry{hash(r.Next.Password), r.Owner, r.Operation}
		return true, nil
	})
}

// issue makes another key. That current is valid proves that it is the secret's: from now on, it
// belongs to it.
func (s *store) issue(r request) (said answer, err error) {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // it never fails
	said = answer{Verdict: "accepted", ID: strings.ToLower(rand.Text()[:10]), Value: base64.RawURLEncoding.EncodeToString(raw)}
	return said, s.change(func(all map[string]entry) (bool, error) {
		now := all[r.Current.ID]
		if now.Hash != hash(r.Current.Value) || now.Owner != "" && now.Owner != r.Owner {
			return false, errConflict
		}
		now.Owner = r.Owner
		all[r.Current.ID], all[said.ID] = now, entry{hash(said.Value), r.Owner, r.Operation}
		return true, nil
	})
}

// list returns the ids of the keys that an operation issued.
func (s *store) list(r request) (said answer, err error) {
	said = accepted
	err = s.change(func(all map[string]entry) (bool, error) {
		for id, one := range all {
			if one.Owner == r.Owner && one.Operation == r.Operation {
				said.IDs = append(said.IDs, id)
			}
		}
		slices.Sort(said.IDs)
		return false, nil
	})
	return said, err
}

// revoke removes a key. One that is gone already is no error.
func (s *store) revoke(r request) (answer, error) {
	return accepted, s.change(func(all map[string]entry) (bool, error) {
		one, found := all[r.ID]
		switch {
		case !found:
			return false, nil
		case one.Owner != r.Owner:
			return false, errConflict
		}
		delete(all, r.ID)
		return true, nil
	})
}
