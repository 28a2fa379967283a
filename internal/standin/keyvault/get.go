package keyvault

// get returns a version with its value, whatever its nbf and exp are. The latest version is used
// even if it is disabled and an older one is not (known from threads only).
func (s *Server) get(c *call) (answer any, err error) {
	err = s.store.read(c.vault, func(r records) error {
		found, err := s.live(r, c)
		if err != nil {
			return err
		}
		v, err := versionOf(r, c, found)
		if err != nil {
			return err
		}
		if !v.Enabled {
			return disabled()
		}
		if v.Value, err = c.convert(v); err != nil {
			return err
		}
		answer = s.reveal(v, c.id(found.Name, v.ID))
		return nil
	})
	return answer, err
}

// reveal is describe with the value.
func (s *Server) reveal(v version, id string) bundle {
	b := s.describe(v, id)
	b.Value = &v.Value
	return b
}
