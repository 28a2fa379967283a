package identity

// Moved is the same signing key in another tenant, which no outsider can have.
func (s *Server) Moved(tenant string) *Server {
	moved := &Server{options: s.options, key: s.key, principals: s.principals}
	moved.options.Tenant = tenant
	return moved
}
