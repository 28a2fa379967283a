package identity

// Moved returns a server with the same signing key in another tenant, which is impossible in
// reality.
func (s *Server) Moved(tenant string) *Server {
	moved := &Server{options: s.options, key: s.key, principals: s.principals}
	moved.options.Tenant = tenant
	return moved
}
