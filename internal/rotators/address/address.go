// Package address reads the tag ProviderAddress where it names a server: scheme://host:port, for
// some kinds with a database, and with parameters that say how to connect.
package address

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rotunda/internal/rotation"
)

// Server is the server that an address names.
type Server struct {
	Scheme, Host, Port string
	Database           string // "" if the address names none
}

// HostPort returns host:port, as a dialer takes it.
func (s Server) HostPort() string { return net.JoinHostPort(s.Host, s.Port) }

// Form is the form of a kind's addresses.
type Form struct {
	Ports      map[string]string // the default port of each scheme
	Database   bool              // the path may name a database
	Parameters []string          // that the query may have
}

// Parse reads an address and its parameters, each given once at most. Its faults quote nothing of
// the address: it may hold a password by mistake.
func (f Form) Parse(text string) (Server, url.Values, error) {
	parsed, err := url.Parse(text)
	if err != nil || f.Ports[parsed.Scheme] == "" || parsed.Opaque != "" || parsed.Fragment != "" {
		return Server{}, nil, f.fault()
	}
	if parsed.User != nil {
		return Server{}, nil, rotation.Permanentf("The tag ProviderAddress must not have a user or password. These belong in the secret's value.")
	}
	s := Server{Scheme: parsed.Scheme, Host: strings.ToLower(parsed.Hostname()), Port: cmp.Or(parsed.Port(), f.Ports[parsed.Scheme])}
	parameters, err := f.parameters(parsed.RawQuery)
	if err != nil {
		return Server{}, nil, err
	}
	if s.Database, err = f.database(parsed.Path); err != nil {
		return Server{}, nil, err
	}
	return s, parameters, s.check()
}

func (f Form) fault() error {
	var forms []string
	for scheme, port := range f.Ports {
		form := scheme + "://host:" + port
		if f.Database {
			form += "/database"
		}
		forms = append(forms, form)
	}
	slices.Sort(forms)
	return rotation.Permanentf("The tag ProviderAddress must have the form %s.", strings.Join(forms, " or "))
}

// parameters refuses names that it does not know: a misspelled sslmode must not be ignored.
func (f Form) parameters(query string) (url.Values, error) {
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, rotation.Permanentf("The query in the tag ProviderAddress can't be parsed. Percent-encode its special characters.")
	}
	for name, values := range given {
		if !slices.Contains(f.Parameters, name) || len(values) > 1 {
			return nil, rotation.Permanentf("The tag ProviderAddress may have the query parameters %s, each once, and no others.", strings.Join(f.Parameters, " and "))
		}
	}
	return given, nil
}

func (f Form) database(path string) (string, error) {
	name := strings.TrimPrefix(path, "/")
	switch {
	case !f.Database && strings.Trim(path, "/") != "":
		return "", f.fault()
	case !f.Database:
		return "", nil
	case strings.ContainsFunc(name, unicode.IsControl) || strings.Contains(name, "/"):
		return "", rotation.Permanentf("The path in the tag ProviderAddress must be the name of one database.")
	}
	return name, nil
}

func (s Server) check() error {
	if !isHost(s.Host) {
		return rotation.Permanentf("The host in the tag ProviderAddress must be one host name or IP address.")
	}
	if port, err := strconv.ParseUint(s.Port, 10, 16); err != nil || port == 0 || s.Port[0] == '0' {
		return rotation.Permanentf("The port in the tag ProviderAddress must be a number from 1 to 65535, without zeros before it.")
	}
	return nil
}

// isHost refuses lists of hosts and paths of sockets, which some drivers accept.
func isHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return host != "" && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}
