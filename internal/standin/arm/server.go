package arm

import (
	"net"
	"net/http"
	"strings"
	"sync"
)

// Server is one Azure: its Resource Manager, and the data planes of its resources.
type Server struct {
	options Options

	mu         sync.Mutex
	resources  map[string]*resource   // by id in lower case
	hosts      map[string][]*resource // by the host name of their data plane
	operations map[string]*operation  // by id
}

var _ http.Handler = (*Server)(nil)

// New returns a stand-in without resources.
func New(options Options) *Server {
	return &Server{
		options: options.withDefaults(), resources: map[string]*resource{}, hosts: map[string][]*resource{}, operations: map[string]*operation{},
	}
}

// ServeHTTP serves a request by its host name: Azure Resource Manager's, or a data plane's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := hostOf(r)
	if isManagement(host) {
		s.manage(w, r)
		return
	}
	s.mu.Lock()
	resources := s.hosts[host]
	s.mu.Unlock()
	if len(resources) == 0 {
		http.Error(w, "arm stand-in: no resource has the host name "+host, http.StatusMisdirectedRequest)
		return
	}
	s.serveData(w, r, resources)
}

// isManagement reports whether a host is Azure Resource Manager's, in any cloud.
func isManagement(host string) bool {
	switch host {
	case Host, "management.chinacloudapi.cn", "management.usgovcloudapi.net":
		return true
	}
	return false
}

// hostOf returns the request's host name in lower case, without a port.
func hostOf(r *http.Request) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}
