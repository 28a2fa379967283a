package form

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// yamlKey matches a line with a key, which every YAML of interest has.
var yamlKey = regexp.MustCompile(`(?m)^[ -]*["']?[\w.-]+["']? *:([ \t\r]|$)`)

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
	y := yamlReader{text: text, lines: strings.SplitAfter(text, "\n")}
	y.mapping(root, "")
	return y.found, len(y.found) > 0
}

// parseYAML returns the root of a text that is one document.
func parseYAML(text string) (root *yaml.Node, ok bool) {
	if !yamlKey.MatchString(text) {
		return nil, false
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	if decoder.Decode(&document) != nil || !errors.Is(decoder.Decode(&more), io.EOF) || len(document.Content) != 1 {
		return nil, false
	}
	return document.Content[0], true
}

type yamlReader struct {
	text  string
	lines []string
	maps  int
	found []place
}

func (y *yamlReader) mapping(node *yaml.Node, path string) {
	group := strconv.Itoa(y.maps)
	y.maps++
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		y.value(node.Content[i+1], place{path: strings.TrimPrefix(path+"."+name, "."), name: name, group: group})
	}
}

func (y *yamlReader) value(node *yaml.Node, p place) {
	switch node.Kind {
	case yaml.MappingNode:
		y.mapping(node, p.path)
	case yaml.SequenceNode:
		for i, item := range node.Content {
			y.value(item, place{path: p.path + "[" + strconv.Itoa(i) + "]", group: p.group})
		}
	case yaml.ScalarNode:
		y.found = append(y.found, y.scalar(node, p))
	default: // an alias repeats what its anchor has
	}
}

// scalar returns the place of a value that is on one line.
func (y *yamlReader) scalar(node *yaml.Node, p place) place {
	p.text, p.encode, p.unsure = node.Value, never, "several lines, an anchor or a tag. Write it on one line, without them."
	begin, ok := y.offset(node)
	if !ok {
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

// offset returns where a node begins. Its column counts characters.
func (y *yamlReader) offset(node *yaml.Node) (offset int, ok bool) {
	if node.Line < 1 || node.Line > len(y.lines) {
		return 0, false
	}
	for _, line := range y.lines[:node.Line-1] {
		offset += len(line)
	}
	column := 1
	for i := range y.lines[node.Line-1] + "\x00" {
		if column == node.Column {
			return offset + i, offset+i <= len(y.text)
		}
		column++
	}
	return 0, false
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
	yamlPlain = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_./+=@~^*()?;!%&-]|:[^\s])*$`)
	yamlWord  = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
)

func encodePlainYAML(next string) (string, bool) {
	if yamlPlain.MatchString(next) && !yamlWord.MatchString(next) {
		return next, true
	}
	return encodeSingleYAML(next)
}

func encodeSingleYAML(next string) (string, bool) {
	return "'" + strings.ReplaceAll(next, "'", "''") + "'", !strings.ContainsFunc(next, unicode.IsControl)
}
