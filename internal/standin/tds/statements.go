package tds

import (
	"regexp"
	"strings"
)

// statement is one form that the stand-in understands. Its groups are the identifiers and literals
// in it.
type statement struct {
	form    *regexp.Regexp
	columns int
	run     func(c *session, group []string) ([][]string, *refusal)
}

const (
	identifierForm = `(\[(?:[^\]]|\]\])+\]|[\w.]+)`
	literalForm    = `N?('(?:[^']|'')*')`
)

var literal = regexp.MustCompile(literalForm)

// form compiles a statement: <id> stands for an identifier and <text> for a literal, and white
// space and the case of letters do not count. Everything else is a regular expression.
func form(text string) *regexp.Regexp {
	text = strings.Join(strings.Fields(text), `\s+`)
	text = strings.NewReplacer("<id>", identifierForm, "<text>", literalForm).Replace(text)
	return regexp.MustCompile(`(?is)^\s*` + text + `\s*$`)
}

// query compiles a query, which has no other regular expressions in it than the placeholders.
func query(text string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(strings.Join(strings.Fields(text), " "))
	return form(quoted)
}

// change is a statement that returns no rows.
func change(text string, run func(c *session, group []string) *refusal) statement {
	return statement{form: form(text), run: func(c *session, group []string) ([][]string, *refusal) { return nil, run(c, group) }}
}

// batch runs the statements of a batch up to the first that fails.
func (c *session) batch(text string) (rows [][]string, columns int, refused *refusal) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if s, group := match(text); s != nil {
		rows, refused = s.run(c, group)
		return rows, s.columns, refused
	}
	for _, part := range split(text) {
		s, group := match(part)
		if s == nil {
			return nil, 0, syntax()
		}
		if rows, refused = s.run(c, group); refused != nil {
			return nil, 0, refused
		}
		columns = s.columns
	}
	return rows, columns, nil
}

func match(text string) (*statement, []string) {
	for i := range statements {
		if group := statements[i].form.FindStringSubmatch(text); group != nil {
			for j, g := range group {
				group[j] = unquote(g)
			}
			return &statements[i], group[1:]
		}
	}
	return nil, nil
}

// unquote returns the name or text that an identifier or a literal stands for.
func unquote(text string) string {
	switch {
	case len(text) < 2:
		return text
	case text[0] == '[':
		return strings.ReplaceAll(text[1:len(text)-1], "]]", "]")
	case text[0] == '\'':
		return strings.ReplaceAll(text[1:len(text)-1], "''", "'")
	}
	return text
}

// split cuts a batch at the semicolons outside of names and literals.
func split(batch string) []string {
	var kept []string
	for _, part := range strings.Split(apart.ReplaceAllStringFunc(batch, hideSemicolons), ";") {
		if part = strings.ReplaceAll(part, hiddenSemicolon, ";"); strings.TrimSpace(part) != "" {
			kept = append(kept, part)
		}
	}
	return kept
}

// apart matches names in brackets and literals.
var apart = regexp.MustCompile(`\[(?:[^\]]|\]\])*\]|'(?:[^']|'')*'`)

const hiddenSemicolon = "\x00"

func hideSemicolons(text string) string { return strings.ReplaceAll(text, ";", hiddenSemicolon) }
