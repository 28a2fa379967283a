package keyvault

import (
	"crypto/rand"
	"iter"
	"slices"
	"strings"
	"sync"
)

// memory is the store that ends with the process.
type memory struct {
	mu     sync.RWMutex
	vaults map[string]*table
	key    []byte
}

var _ store = (*memory)(nil)

func newMemory() *memory {
	key := make([]byte, backupKeySize)
	_, _ = rand.Read(key) // never fails: it ends the process instead
	return &memory{vaults: map[string]*table{}, key: key}
}

func (m *memory) backupKey() []byte { return m.key }

func (m *memory) close() error { return nil }

func (m *memory) read(vault string, f func(records) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.vaults[vault]
	if t == nil {
		t = newTable()
	}
	return f(t)
}

func (m *memory) write(vault string, f func(records) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.vaults[vault] == nil {
		m.vaults[vault] = newTable()
	}
	t := m.vaults[vault]
	err := f(t)
	if err != nil {
		t.rollBack()
	}
	t.undo = nil
	return err
}

// table is one vault: a map, and its keys in order.
type table struct {
	values map[string][]byte
	keys   []string
	undo   []change
}

// change is the value of a key before it was written.
type change struct {
	key   string
	value []byte
}

var _ records = (*table)(nil)

func newTable() *table { return &table{values: map[string][]byte{}} }

func (t *table) get(key string) []byte { return t.values[key] }

func (t *table) put(key string, value []byte) error {
	t.undo = append(t.undo, change{key, t.values[key]})
	t.set(key, value)
	return nil
}

func (t *table) remove(key string) error { return t.put(key, nil) }

// set changes one key; a nil value removes it.
func (t *table) set(key string, value []byte) {
	at, found := slices.BinarySearch(t.keys, key)
	switch {
	case value == nil && found:
		t.keys = slices.Delete(t.keys, at, at+1)
	case value != nil && !found:
		t.keys = slices.Insert(t.keys, at, key)
	}
	if value == nil {
		delete(t.values, key)
		return
	}
	t.values[key] = value
}

func (t *table) rollBack() {
	for _, c := range slices.Backward(t.undo) {
		t.set(c.key, c.value)
	}
}

func (t *table) after(prefix, last string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		at, found := slices.BinarySearch(t.keys, prefix+last)
		if found {
			at++
		}
		for _, key := range t.keys[at:] {
			if !strings.HasPrefix(key, prefix) || !yield(key, t.values[key]) {
				return
			}
		}
	}
}
