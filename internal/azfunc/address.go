package azfunc

import (
	"net/http"
	"net/netip"
	"strings"
)

// CallerAddress returns the address of the caller of a request, as the host says, and whether it
// says anything. The address is invalid if what it says is none.
func CallerAddress(r *http.Request) (address netip.Addr, said bool) {
	text := LastOf(r.Header, "X-Forwarded-For")
	return parseAddress(text), text != ""
}

// parseAddress reads an address with or without a port, as a host writes it. It looks for the port
// first, because what fails to parse costs an allocation.
func parseAddress(text string) netip.Addr {
	var address netip.Addr
	switch {
	case text == "":
	case strings.Count(text, ":") == 1 || strings.Contains(text, "]:"):
		at, _ := netip.ParseAddrPort(text)
		address = at.Addr()
	default:
		address, _ = netip.ParseAddr(strings.Trim(text, "[]"))
	}
	return address.Unmap().WithZone("") // a zone is any text
}

// addressText returns the caller's address for the log, or "" if it is not known. That of IPv4 is
// part of the header and costs no allocation.
func addressText(r *http.Request) string {
	text := LastOf(r.Header, "X-Forwarded-For")
	address := parseAddress(text)
	switch host, port, _ := strings.Cut(text, ":"); {
	case !address.IsValid():
		return ""
	case !strings.Contains(port, ":"):
		return strings.Trim(host, "[]")
	}
	return address.String()
}

// LastOf returns the last of a header's values, which the nearest proxy has added.
func LastOf(header http.Header, name string) string {
	values := header[name]
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}
