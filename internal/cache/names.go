package cache

import (
	"maps"
	"time"
)

// maxMarks bounds the names of which something was said.
const maxMarks = 1024

// marks are names of which something was said, each until a time.
type marks map[string]time.Time

// has reports whether the time of a name has not come yet.
func (m marks) has(name string) bool {
	until, ok := m[name]
	return ok && time.Now().Before(until)
}

// set replaces the time of a name. It reports false if there is no place for another name.
func (m marks) set(name string, until time.Time) bool {
	if !time.Now().Before(until) {
		delete(m, name)
		return true
	}
	if _, known := m[name]; !known && len(m) >= maxMarks {
		maps.DeleteFunc(m, func(name string, _ time.Time) bool { return !m.has(name) })
		if len(m) >= maxMarks {
			return false
		}
	}
	m[name] = until
	return true
}

// versions are those of each name that may be kept under their version, so that Forget finds
// them. The latest version of a name, whose key is the name alone, is not among them.
type versions map[string]map[string]struct{}

// add adds a key, and removes a few keys that are no longer kept. So there are never many more
// keys here than are kept, and no call takes long.
func (v versions) add(key Key, isKept func(Key) bool) {
	if key.Version == "" {
		return
	}
	const some = 4
	if v[key.Name] == nil {
		v[key.Name] = map[string]struct{}{}
	}
	v[key.Name][key.Version] = struct{}{}
	v.prune(key.Name, some, isKept)
	for name := range v { // in random order
		if v.prune(name, some, isKept); name != key.Name {
			return
		}
	}
}

// prune removes those of some versions of a name that are no longer kept.
func (v versions) prune(name string, some int, isKept func(Key) bool) {
	for version := range v[name] { // in random order
		if !isKept(Key{name, version}) {
			delete(v[name], version)
		}
		if some--; some == 0 {
			break
		}
	}
	if len(v[name]) == 0 {
		delete(v, name)
	}
}
