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
	if at, err := netip.ParseAddrPort(text); err == nil {
		address = at.Addr()
	} else {
		address, _ = netip.ParseAddr(strings.Trim(text, "[]"))
	}
	return address.Unmap().WithZone(""), text != "" // a zone is any text
}

// addressText returns the caller's address for the log, or "" if it is not known. It costs no
// allocation if the host has written it as usual.
func addressText(r *http.Request) string {
	text := LastOf(r.Header, "X-Forwarded-For")
	if text == "" { // parsing it would allocate an error
		return ""
	}
	if address, err := netip.ParseAddr(text); err == nil && !address.Is4In6() && address.Zone() == "" {
		return text
	}
	if address, _ := CallerAddress(r); address.IsValid() {
		return address.String()
	}
	return ""
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
