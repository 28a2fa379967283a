package form

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// leaf is a text, number, name or the like in a JSON text.
type leaf struct {
	path, key  string // such as db.hosts[1], and the last name in it
	object     int    // which object has the key; the outermost is 0
	begin, end int
	text       string // decoded, if it is a string
	isString   bool
}

// scan returns the leaves of a valid JSON text, in order.
func scan(text string) []leaf {
	s := &scanner{text: text}
	s.value(leaf{})
	return s.found
}

// longPath is from where on a path does not grow, so that a value that is nested deeply needs
// little memory. A tag, which has 256 characters, names none that long.
const longPath = 1024

func joinPath(path, name string) string {
	if path == "" || len(path) > longPath {
		return cmp.Or(path, name)
	}
	return path + "." + name
}

func itemPath(path string, i int) string {
	if len(path) > longPath {
		return path
	}
	return path + "[" + strconv.Itoa(i) + "]"
}

type scanner struct {
	text    string
	at      int
	objects int
	found   []leaf
}

// peek returns the next byte that is not white space.
func (s *scanner) peek() byte {
	for strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
	return s.text[s.at]
}

// take reports whether the next byte is b, and goes past it if so.
func (s *scanner) take(b byte) bool {
	if s.peek() != b {
		return false
	}
	s.at++
	return true
}

func (s *scanner) value(in leaf) {
	switch {
	case s.take('{'):
		s.object(in.path)
	case s.take('['):
		s.array(in)
	default:
		in.isString = s.peek() == '"'
		in.begin = s.at
		in.text = s.scalar()
		in.end = s.at
		s.found = append(s.found, in)
	}
}

func (s *scanner) object(path string) {
	object := s.objects
	s.objects++
	for !s.take('}') {
		_ = s.take(',')
		s.peek()
		key := s.scalar()
		_ = s.take(':')
		s.value(leaf{path: joinPath(path, key), key: key, object: object})
	}
}

func (s *scanner) array(in leaf) {
	path := in.path
	for i := 0; !s.take(']'); i++ {
		_ = s.take(',')
		in.path = itemPath(path, i)
		in.key = ""
		s.value(in)
	}
}

// scalar returns the next string, decoded, or any other scalar as it is.
func (s *scanner) scalar() (text string) {
	begin := s.at
	if s.text[s.at] != '"' {
		for s.at < len(s.text) && !strings.ContainsRune(" \t\r\n,]}:", rune(s.text[s.at])) {
			s.at++
		}
		return s.text[begin:s.at]
	}
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
	_ = json.Unmarshal([]byte(s.text[begin:s.at]), &text) // it is valid
	return text
}
