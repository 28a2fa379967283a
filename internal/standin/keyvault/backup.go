package keyvault

import (
	"cmp"
	"slices"
)

// copied is a secret with all its versions, in the order of their creation as far as that is
// known. The latest is last.
type copied struct {
	Name     string
	Versions []version
}

func (c copied) latest() version { return c.Versions[len(c.Versions)-1] }

// backedUp is the response to backup and the body of restore.
type backedUp struct {
	Value string `json:"value"`
}

// backup returns a sealed copy of all versions, for restore.
func (s *Server) backup(c *call) (answer any, err error) {
	var all copied
	err = s.store.read(c.vault, func(r records) error {
		found, err := s.live(r, c)
		if err != nil {
			return err
		}
		all, err = copyOf(r, found)
		return err
	})
	if err != nil {
		return nil, err
	}
	blob, err := seal(s.store.backupKey(), all)
	return backedUp{Value: blob}, err
}

func copyOf(r records, of secret) (copied, error) {
	all := copied{Name: of.Name}
	for key, raw := range r.after(versionsOf(of.Name), "") {
		var v version
		if err := decode(key, raw, &v); err != nil {
			return copied{}, err
		}
		all.Versions = append(all.Versions, v)
	}
	slices.SortStableFunc(all.Versions, func(a, b version) int {
		if a.ID == of.Latest || b.ID == of.Latest {
			return btoi(a.ID == of.Latest) - btoi(b.ID == of.Latest)
		}
		return cmp.Compare(a.Created, b.Created)
	})
	return all, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// restore restores a copy under its name, which must be free, with the ids and times of its
// versions. Any vault of this store accepts it, as in Azure any vault of the subscription and
// geography does.
func (s *Server) restore(c *call) (answer any, err error) {
	var sent backedUp
	if err := c.readBody(&sent); err != nil {
		return nil, err
	}
	all, err := unseal(s.store.backupKey(), sent.Value)
	if err != nil {
		return nil, err
	}
	id := c.id(all.Name, all.latest().ID)
	err = s.store.write(c.vault, func(r records) error {
		taken, err := s.isTaken(r, c, all.Name)
		if err != nil {
			return err
		}
		if taken {
			return restoreConflict(id)
		}
		answer = s.describe(all.latest(), id)
		return keepCopy(r, all)
	})
	return answer, err
}

// isTaken reports whether a name is in use: live, deleted, or not purged yet.
func (s *Server) isTaken(r records, c *call, name string) (bool, error) {
	if err := c.clear(r, name); err != nil {
		return false, err
	}
	taken := r.get(liveKey(name)) != nil || r.get(deletedKey(name)) != nil
	return s.windows.hold(c.vault, name, purging) || taken, nil
}

func keepCopy(r records, all copied) error {
	for _, v := range all.Versions {
		if err := keepVersion(r, secret{Name: all.Name, Latest: v.ID}, v); err != nil {
			return err
		}
	}
	return nil
}
