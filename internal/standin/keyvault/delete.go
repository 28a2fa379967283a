package keyvault

const secondsPerDay = 24 * 60 * 60

// delete moves a secret with all its versions to the deleted ones.
func (s *Server) delete(c *call) (answer any, err error) {
	err = s.store.write(c.vault, func(r records) error {
		found, err := s.live(r, c)
		if err != nil {
			return err
		}
		v, err := versionOf(r, c, found)
		if err != nil {
			return err
		}
		found.Deleted = &deletion{At: c.now, PurgeAt: c.now + int64(s.options.RetentionDays)*secondsPerDay}
		answer = s.describeDeleted(c, found, v, c.id(found.Name, v.ID))
		s.windows.start(c.vault, c.name, deleting, s.faults.current().AfterDelete)
		return move(r, liveKey(c.name), deletedKey(c.name), found)
	})
	return answer, err
}

func move(r records, from, to string, s secret) error {
	if err := r.remove(from); err != nil {
		return err
	}
	return keep(r, to, s)
}

// getDeleted returns 404 while the deletion is in progress, and always 403 if the latest version
// is disabled.
func (s *Server) getDeleted(c *call) (answer any, err error) {
	err = s.store.read(c.vault, func(r records) error {
		found, v, err := s.deletedLatest(r, c)
		switch {
		case err != nil:
			return err
		case s.windows.hold(c.vault, c.name, deleting):
			return notYetDeleted(c.name)
		case !v.Enabled:
			return disabled()
		}
		answer = s.describeDeleted(c, found, v, c.id(found.Name, v.ID))
		return nil
	})
	return answer, err
}

// deletedLatest returns a deleted secret and its latest version.
func (s *Server) deletedLatest(r records, c *call) (secret, version, error) {
	found, ok, err := deleted(r, c, c.name)
	if err != nil {
		return secret{}, version{}, err
	}
	if !ok {
		return secret{}, version{}, notFound(c.name)
	}
	v, err := versionOf(r, c, found)
	return found, v, err
}

// recover moves a deleted secret back.
func (s *Server) recover(c *call) (answer any, err error) {
	err = s.store.write(c.vault, func(r records) error {
		found, v, err := s.deletedLatest(r, c)
		if err != nil {
			return err
		}
		if s.windows.hold(c.vault, c.name, deleting) {
			return isBeingDeleted()
		}
		found.Deleted = nil
		answer = s.describe(v, c.id(found.Name, v.ID))
		s.windows.start(c.vault, c.name, recovering, s.faults.current().AfterRecover)
		return move(r, deletedKey(c.name), liveKey(c.name), found)
	})
	return answer, err
}

// purge erases a deleted secret. It returns no body.
func (s *Server) purge(c *call) (any, error) {
	return nil, s.store.write(c.vault, func(r records) error {
		_, ok, err := deleted(r, c, c.name)
		switch {
		case err != nil:
			return err
		case !ok:
			return notFound(c.name)
		case s.faults.current().PurgeProtection:
			return purgeProtected(c.vault)
		case s.windows.hold(c.vault, c.name, deleting):
			return isBeingDeleted()
		}
		s.windows.start(c.vault, c.name, purging, s.faults.current().AfterPurge)
		return erase(r, c.name)
	})
}
