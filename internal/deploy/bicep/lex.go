package bicep

import (
	"fmt"
	"strings"
)

// kind is what a token is.
type kind int

const (
	end kind = iota
	newline
	word
	number
	text        // a whole string; parts holds what is between its quotes
	punctuation // an operator or a bracket
)

type token struct {
	kind  kind
	is    string // its characters
	line  int
	parts []part // of a text
}

// part is a piece of a string: characters, or the source of an interpolated expression.
type part struct {
	chars  string
	source string
	isCode bool
}

// problem is an error in a file. The parser and the evaluator panic with it; Parse and Deploy
// return it.
type problem struct {
	file string
	line int
	what string
}

func (p *problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.what) }

type lexer struct {
	file, source string
	at, line     int
}

func (l *lexer) failf(format string, args ...any) {
	panic(&problem{l.file, l.line, fmt.Sprintf(format, args...)})
}

// operators are the operators of more than one character.
var operators = []string{"::", "==", "!=", ">=", "<=", "=~", "!~", "&&", "||", "??", ".?"}

func (l *lexer) tokens() (all []token) {
	for {
		t := l.next()
		all = append(all, t)
		if t.kind == end {
			return all
		}
	}
}

func (l *lexer) next() token {
	l.skip()
	start, line := l.at, l.line
	if l.at >= len(l.source) {
		return token{kind: end, line: line}
	}
	c := l.source[l.at]
	switch {
	case c == '\n':
		l.at, l.line = l.at+1, l.line+1
		return token{kind: newline, line: line}
	case c == '\'':
		return l.text()
	case isLetter(c):
		return token{kind: word, is: l.while(func(c byte) bool { return isLetter(c) || isDigit(c) }), line: line}
	case isDigit(c):
		return token{kind: number, is: l.while(isDigit), line: line}
	}
	for _, operator := range operators {
		if strings.HasPrefix(l.source[l.at:], operator) {
			l.at += len(operator)
			return token{kind: punctuation, is: operator, line: line}
		}
	}
	if !strings.ContainsRune("()[]{}.,:?=!<>+-*/%@", rune(c)) {
		l.failf("%q is not part of the language", c)
	}
	l.at++
	return token{kind: punctuation, is: l.source[start:l.at], line: line}
}

// skip passes over spaces and comments.
func (l *lexer) skip() {
	for l.at < len(l.source) {
		rest := l.source[l.at:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			l.at++
		case strings.HasPrefix(rest, "//"), rest[0] == '#': // # begins a directive to the compiler
			l.while(func(c byte) bool { return c != '\n' })
		case strings.HasPrefix(rest, "/*"):
			length := strings.Index(rest, "*/")
			if length < 0 {
				l.failf("a comment does not end")
			}
			l.line += strings.Count(rest[:length], "\n")
			l.at += length + 2
		default:
			return
		}
	}
}

func (l *lexer) while(accepts func(byte) bool) string {
	start := l.at
	for l.at < len(l.source) && accepts(l.source[l.at]) {
		l.at++
	}
	return l.source[start:l.at]
}

// text reads a string on one line, with its interpolations.
func (l *lexer) text() token {
	t := token{kind: text, line: l.line}
	l.at++
	var chars strings.Builder
	for {
		if l.at >= len(l.source) || l.source[l.at] == '\n' {
			l.failf("a string does not end on its line")
		}
		c := l.source[l.at]
		switch {
		case c == '\'':
			l.at++
			t.parts = append(t.parts, part{chars: chars.String()})
			return t
		case c == '\\':
			chars.WriteString(l.escape())
		case strings.HasPrefix(l.source[l.at:], "${"):
			t.parts = append(t.parts, part{chars: chars.String()}, part{source: l.code(), isCode: true})
			chars.Reset()
		default:
			chars.WriteByte(c)
			l.at++
		}
	}
}

var escapes = map[byte]string{'\'': "'", '\\': `\`, 'n': "\n", 'r': "\r", 't': "\t", '$': "$"}

func (l *lexer) escape() string {
	if l.at+1 < len(l.source) {
		if chars, ok := escapes[l.source[l.at+1]]; ok {
			l.at += 2
			return chars
		}
	}
	l.failf("an unknown escape in a string")
	return ""
}

// code returns the source of an interpolated expression, which may hold strings and braces.
func (l *lexer) code() string {
	l.at += len("${")
	start := l.at
	for depth := 0; l.at < len(l.source) && l.source[l.at] != '\n'; {
		switch l.source[l.at] {
		case '\'':
			l.text()
			continue
		case '{':
			depth++
		case '}':
			if depth == 0 {
				l.at++
				return l.source[start : l.at-1]
			}
			depth--
		}
		l.at++
	}
	l.failf("an interpolated expression does not end on its line")
	return ""
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
