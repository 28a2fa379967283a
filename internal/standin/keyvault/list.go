package keyvault

import (
	"iter"
	"strings"
)

// list returns the live secrets in order of name: ids without version, no values, including
// disabled ones.
func (s *Server) list(c *call) (answer any, err error) {
	return s.listPlace(c, livePrefix, func(r records, found secret) (bundle, bool, error) {
		v, err := versionOf(r, c, found)
		return s.describe(v, c.id(found.Name, "")), err == nil, err
	})
}

// listDeleted returns the deleted secrets in order of name. One whose deletion is in progress is
// not included.
func (s *Server) listDeleted(c *call) (answer any, err error) {
	return s.listPlace(c, deletedPrefix, func(r records, found secret) (bundle, bool, error) {
		if c.isPast(found) || s.windows.hold(c.vault, found.Name, deleting) {
			return bundle{}, false, nil
		}
		v, err := versionOf(r, c, found)
		return s.describeDeleted(c, found, v, c.id(found.Name, "")), err == nil, err
	})
}

// listPlace returns a page of the secrets with this prefix that item includes.
func (s *Server) listPlace(c *call, prefix string, item func(records, secret) (bundle, bool, error)) (answer any, err error) {
	return s.listRecords(c, prefix, func(r records, key string, raw []byte) (bundle, bool, error) {
		var found secret
		if err := decode(key, raw, &found); err != nil {
			return bundle{}, false, err
		}
		return item(r, found)
	})
}

// listVersions returns the versions in order of their ids, not of their age. A name that does not
// exist has none.
func (s *Server) listVersions(c *call) (answer any, err error) {
	return s.listRecords(c, versionsOf(c.name), func(r records, key string, raw []byte) (bundle, bool, error) {
		found, ok, err := load[secret](r, liveKey(c.name))
		if !ok || err != nil {
			return bundle{}, false, err
		}
		var v version
		err = decode(key, raw, &v)
		return s.describe(v, c.id(found.Name, v.ID)), err == nil, err
	})
}

// listRecords returns a page of the records with a prefix.
func (s *Server) listRecords(c *call, prefix string, item func(r records, key string, raw []byte) (bundle, bool, error)) (answer any, err error) {
	err = s.store.read(c.vault, func(r records) error {
		var failed error
		items := func(after string) iter.Seq2[string, bundle] {
			return func(yield func(string, bundle) bool) {
				for key, raw := range r.after(prefix, after) {
					b, ok, err := item(r, key, raw)
					failed, b.PreviousVersion = err, "" // lists don't have it
					if err != nil || ok && !yield(strings.TrimPrefix(key, prefix), b) {
						return
					}
				}
			}
		}
		p, err := s.turn(c, items)
		answer = p
		if failed != nil {
			return failed
		}
		return err
	})
	return answer, err
}
