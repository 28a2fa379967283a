package host

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// decodedPath returns a request's path as the web server passes it to the host: unescaped except
// for %2F, with dot segments resolved.
// Source: dotnet/aspnetcore src/Shared/UrlDecoder/UrlDecoder.cs.
func decodedPath(escaped string) string {
	var plain strings.Builder
	for i := 0; i < len(escaped); i++ {
		if c, ok := escapeAt(escaped, i); ok && c != '/' {
			plain.WriteByte(c)
			i += 2
			continue
		}
		plain.WriteByte(escaped[i])
	}
	if !utf8.ValidString(plain.String()) {
		return escaped
	}
	return withoutDots(plain.String())
}

// withoutDots resolves . and .. segments.
func withoutDots(text string) string {
	if !strings.Contains(text, "/.") {
		return text
	}
	clean := path.Clean("/" + text)
	if strings.HasSuffix(text, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// forwardedPath returns the path that the handler gets by forwarding. The host pastes the decoded
// path into a URL and parses that again, so an escaped ? or # ends the path, and an escape within
// an escape is undone twice.
// Source: Workers/Http/DefaultHttpWorkerService.cs (GetPathValue),
// Extensions/HttpRequestExtensions.cs (GetRequestUri); derived.
func forwardedPath(decoded string) string {
	if end := strings.IndexAny(decoded, "?#"); end >= 0 {
		decoded = decoded[:end]
	}
	decoded = strings.ReplaceAll(decoded, `\`, "/")
	var out strings.Builder
	for i := 0; i < len(decoded); i++ {
		c, isEscape := escapeAt(decoded, i)
		switch {
		case isEscape && isUnreserved(c):
			out.WriteByte(c)
			i += 2
		case isEscape:
			out.WriteString(decoded[i : i+3])
			i += 2
		default:
			out.WriteString(escapeBytes(decoded[i:i+1], isPlainInURI))
		}
	}
	return withoutDots(out.String())
}

// proxiedPath returns the path that the handler gets by proxying: the decoded path, escaped again.
// As %2F was never decoded, its percent sign is escaped again, and the handler sees %252F.
// Source: dotnet/yarp src/ReverseProxy/Forwarder/RequestUtilities.cs (MakeDestinationAddress);
// derived.
func proxiedPath(decoded string) string { return escapeBytes(decoded, isPlainInPath) }

// escapeAt returns the byte that an escape at this place stands for, if there is one.
func escapeAt(text string, at int) (byte, bool) {
	if at+2 >= len(text) || text[at] != '%' {
		return 0, false
	}
	high, low := hexDigit(text[at+1]), hexDigit(text[at+2])
	if high < 0 || low < 0 {
		return 0, false
	}
	return byte(high<<4 | low), true //nolint:gosec // both have four bits
}

// hexDigit returns a hexadecimal digit's value, or -1.
func hexDigit(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

func escapeBytes(text string, isPlain func(byte) bool) string {
	var out strings.Builder
	for i := range len(text) {
		if isPlain(text[i]) {
			out.WriteByte(text[i])
			continue
		}
		fmt.Fprintf(&out, "%%%02X", text[i])
	}
	return out.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func isPlainInPath(c byte) bool {
	return isUnreserved(c) || strings.IndexByte("/:@!$&'()*+,;=", c) >= 0
}

func isPlainInURI(c byte) bool { return isPlainInPath(c) || strings.IndexByte("[]", c) >= 0 }
