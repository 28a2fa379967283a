package keyvault

// live returns a secret that is neither deleted nor still being recovered, which looks the same.
func (s *Server) live(r records, c *call) (secret, error) {
	found, ok, err := load[secret](r, liveKey(c.name))
	if err != nil {
		return secret{}, err
	}
	if !ok || s.windows.hold(c.vault, c.name, recovering) {
		return secret{}, notFound(c.what())
	}
	return found, nil
}

// deleted returns a deleted secret whose retention has not passed.
func deleted(r records, c *call, name string) (secret, bool, error) {
	found, ok, err := load[secret](r, deletedKey(name))
	if err != nil || !ok || c.isPast(found) {
		return secret{}, false, err
	}
	return found, true, nil
}

func (c *call) isPast(s secret) bool { return s.Deleted.PurgeAt <= c.now }

// versionOf returns the requested version, or the latest if none was requested.
func versionOf(r records, c *call, of secret) (version, error) {
	id := c.version
	if id == "" {
		id = of.Latest
	}
	v, ok, err := load[version](r, versionKey(of.Name, id))
	if err == nil && !ok {
		err = notFound(c.what())
	}
	return v, err
}

// clear purges a name whose retention has passed.
func (c *call) clear(r records, name string) error {
	found, ok, err := load[secret](r, deletedKey(name))
	if err != nil || !ok || !c.isPast(found) {
		return err
	}
	return erase(r, name)
}
