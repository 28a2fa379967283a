// Package hostjson reads JSON files as the Functions host does. The host reads host.json,
// function.json and local.settings.json with Newtonsoft's Json.NET, which accepts more than
// encoding/json (JamesNK/Newtonsoft.Json, Src/Newtonsoft.Json/JsonTextReader.cs).
package hostjson

import "bytes"

var byteOrderMark = []byte("\xef\xbb\xbf")

// Standard returns the text as standard JSON: without a byte order mark, comments and trailing
// commas. Spaces take their place, so that the lines of errors stay right. The host also accepts
// single quotes and names without quotes; those stay errors.
func Standard(text []byte) []byte {
	out := bytes.Clone(text)
	if bytes.HasPrefix(out, byteOrderMark) {
		blank(out[:len(byteOrderMark)])
	}
	comma, before := -1, byte('[') // the last comma, if it follows a value and nothing follows it yet
	for i := 0; i < len(out); {
		end := i + tokenLength(out[i:])
		switch c := out[i]; {
		case c == '/':
			blank(out[i:end])
		case bytes.IndexByte([]byte(" \t\r\n"), c) >= 0:
		default:
			if comma >= 0 && (c == '}' || c == ']') {
				out[comma] = ' '
			}
			comma = -1
			if c == ',' && bytes.IndexByte([]byte("[{,"), before) < 0 {
				comma = i
			}
			before = c
		}
		i = end
	}
	return out
}

// tokenLength returns the length of the string or comment at the start of text, and 1 for anything
// else. One that does not end is left as it is, and is an error later.
func tokenLength(text []byte) int {
	switch {
	case text[0] == '"':
		return stringLength(text)
	case bytes.HasPrefix(text, []byte("//")):
		if end := bytes.IndexAny(text, "\r\n"); end >= 0 { // Json.NET ends it at either
			return end
		}
		return len(text)
	case bytes.HasPrefix(text, []byte("/*")):
		if end := bytes.Index(text[2:], []byte("*/")); end >= 0 {
			return end + 4
		}
	}
	return 1
}

func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// blank overwrites text with spaces, except for line breaks.
func blank(text []byte) {
	for i, c := range text {
		if c != '\n' && c != '\r' {
			text[i] = ' '
		}
	}
}
