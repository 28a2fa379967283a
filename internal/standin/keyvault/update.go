package keyvault

// update changes a version, but never its value. A disabled version can be updated.
func (s *Server) update(c *call) (answer any, err error) {
	var sent sentVersion
	if err := c.readBody(&sent); err != nil {
		return nil, err
	}
	if err := sent.check(); err != nil {
		return nil, err
	}
	var found secret
	err = s.store.write(c.vault, func(r records) error {
		if found, err = s.live(r, c); err != nil {
			return err
		}
		v, err := versionOf(r, c, found)
		if err != nil {
			return err
		}
		sent.apply(&v)
		v.Updated = max(c.now, v.Created)
		answer = s.describe(v, c.id(found.Name, v.ID))
		return keep(r, versionKey(found.Name, v.ID), v)
	})
	if err == nil && sent.Attributes.Expires != nil {
		s.watch(c.place(found.Name))
	}
	return answer, err
}
