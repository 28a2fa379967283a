package form

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"rotunda/internal/jsonfields"
	"rotunda/internal/lazyregexp"
)

// yamlKey matches a line with a key, which every YAML of interest has.
var yamlKey = lazyregexp.New(`(?m)^[ -]*["']?[\w.-]+["']? *:([ \t\r]|$)`)

// splitYAML splits YAML in block style, such as
//
//	datasource:
//	  username: app
//	  password: 'it''s'
//
// The parser of go.yaml.in says where the values are. One that takes more than a line, or has an
// anchor or a tag before it, is not rewritten.
func splitYAML(text string) ([]place, bool) {
	root, ok := parseYAML(text)
	if !ok || root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return nil, false
	}
	y := yamlReader{text: text, line: 1, column: 1}
	y.mapping(root, "")
	return y.found, len(y.found) > 0
}

// parseYAML returns the root of a text that is one document.
func parseYAML(text string) (root *yaml.Node, ok bool) {
	if !yamlKey().MatchString(text) {
		return nil, false
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	if decoder.Decode(&document) != nil || !errors.Is(decoder.Decode(&more), io.EOF) || len(document.Content) != 1 {
		return nil, false
	}
	return document.Content[0], true
}

// yamlReader goes through a text once, because the nodes of a document come in its order.
type yamlReader struct {
	text             string
	at, line, column int // as the parser counts: columns of characters
	maps             int
	end              int // of the last place
	found            []place
}

func (y *yamlReader) mapping(node *yaml.Node, path string) {
	group := strconv.Itoa(y.maps)
	y.maps++
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		y.value(node.Content[i+1], place{path: jsonfields.Join(path, name), name: name, group: group})
	}
}

func (y *yamlReader) value(node *yaml.Node, p place) {
	switch node.Kind {
	case yaml.MappingNode:
		y.mapping(node, p.path)
	case yaml.SequenceNode:
		for i, item := range node.Content {
			y.value(item, place{path: jsonfields.Item(p.path, i), group: p.group})
		}
	case yaml.ScalarNode:
		p = y.scalar(node, p)
		y.end = p.end
		y.found = append(y.found, p)
	default: // an alias repeats what its anchor has
	}
}

// scalar returns the place of a value that is on one line. One that is nowhere, such as that of a
// key after a question mark, is an empty place.
func (y *yamlReader) scalar(node *yaml.Node, p place) place {
	p.text, p.encode, p.unsure = node.Value, never, "several lines, an anchor or a tag. Write it on one line, without them."
	p.begin, p.end = y.end, y.end
	begin, ok := y.offset(node)
	if !ok || begin < y.end {
		return p
	}
	p.begin, p.end = begin, begin
	end, encode := begin+len(node.Value), encodePlainYAML
	switch rest := y.text[begin:]; {
	case node.Style&yaml.SingleQuotedStyle != 0 && rest != "" && rest[0] == '\'':
		var inner string
		end, inner, ok = quoted(y.text, begin, "'")
		encode, ok = encodeSingleYAML, ok && inner == node.Value
	case node.Style&yaml.DoubleQuotedStyle != 0 && rest != "" && rest[0] == '"':
		end = begin + 1 + endOfJSONString(rest[1:])
		encode, ok = encodeJSON, end <= len(y.text) && !strings.Contains(y.text[begin:min(end, len(y.text))], "\n")
	default:
		ok = node.Style == 0 && strings.HasPrefix(rest, node.Value)
	}
	if ok {
		p.end, p.encode, p.unsure = end, encode, ""
	}
	return p
}

// offset returns where a node begins.
func (y *yamlReader) offset(node *yaml.Node) (offset int, ok bool) {
	for y.line < node.Line || y.line == node.Line && y.column < node.Column {
		if y.at == len(y.text) {
			return 0, false
		}
		y.step()
	}
	return y.at, y.line == node.Line && y.column == node.Column
}

// step goes to the next character. Lines end where they do for the parser (go.yaml.in/yaml/v3
// yamlprivateh.go, is_break).
func (y *yamlReader) step() {
	r, size := utf8.DecodeRuneInString(y.text[y.at:])
	if strings.HasPrefix(y.text[y.at:], "\r\n") {
		size = len("\r\n")
	}
	y.at += size
	y.column++
	if strings.ContainsRune("\r\n\u0085\u2028\u2029", r) {
		y.line, y.column = y.line+1, 1
	}
}

// endOfJSONString returns the index after the quote that ends a text.
func endOfJSONString(text string) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text) + 1
}

var (
	// yamlPlain matches what no YAML reader takes for anything but a string, if it is no yamlWord.
	yamlPlain = lazyregexp.New(`^[A-Za-z]([A-Za-z0-9_./+=@~^*()?;!%&-]|:[^\s])*$`)
	yamlWord  = lazyregexp.New(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
)

func encodePlainYAML(next string) (string, bool) {
	if yamlPlain().MatchString(next) && !yamlWord().MatchString(next) {
		return next, true
	}
	return encodeSingleYAML(next)
}

func encodeSingleYAML(next string) (string, bool) {
	return "'" + strings.ReplaceAll(next, "'", "''") + "'", !strings.ContainsFunc(next, unicode.IsControl)
}
