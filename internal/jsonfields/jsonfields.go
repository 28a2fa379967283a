// Package jsonfields finds the fields of a JSON text by their paths, such as db.hosts[1].password.
package jsonfields

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
)

// Field is a text, number, name or the like in a JSON text.
type Field struct {
	Path, Key  string // such as db.hosts[1], and the last name in it
	Object     int    // which object has the key; the outermost is 0
	Begin, End int
	Text       string // decoded, if it is a string
	IsString   bool
}

// Scan returns the fields of a valid JSON text that are not objects or lists themselves, in order.
func Scan(text string) []Field {
	s := &scanner{text: text}
	s.value(Field{})
	return s.found
}

// Find returns the index of what a path names, or -1, and whether the path also names another
// text. Case counts only if it has to. A path that is too long to be whole names nothing. of
// returns the path and the text of each of all.
func Find[T any](all []T, path string, of func(T) (path, text string)) (found int, twice bool) {
	found = -1
	if len(path) > longPath {
		return found, false
	}
	var foundPath, foundText string
	for i, one := range all {
		its, text := of(one)
		isExact := its == path
		switch {
		case !isExact && !strings.EqualFold(its, path):
		case found < 0 || isExact && foundPath != path:
			found, twice, foundPath, foundText = i, false, its, text
		case isExact || foundPath != path:
			twice = twice || text != foundText
		}
	}
	return found, twice
}

// longPath is from where on a path does not grow, so that a value that is nested deeply needs
// little memory. A tag, which has 512 characters, names none that long.
const longPath = 1024

// Join returns the path of a name in what path names.
func Join(path, name string) string {
	if path == "" || len(path) > longPath {
		return cmp.Or(path, name)
	}
	return path + "." + name
}

// Item returns the path of an item of the list that path names.
func Item(path string, i int) string {
	if len(path) > longPath {
		return path
	}
	return path + "[" + strconv.Itoa(i) + "]"
}

type scanner struct {
	text    string
	at      int
	objects int
	found   []Field
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

func (s *scanner) value(in Field) {
	switch {
	case s.take('{'):
		s.object(in.Path)
	case s.take('['):
		s.array(in)
	default:
		in.IsString = s.peek() == '"'
		in.Begin = s.at
		in.Text = s.scalar()
		in.End = s.at
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
		s.value(Field{Path: Join(path, key), Key: key, Object: object})
	}
}

func (s *scanner) array(in Field) {
	path := in.Path
	for i := 0; !s.take(']'); i++ {
		_ = s.take(',')
		in.Path = Item(path, i)
		in.Key = ""
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
