package bicep

import (
	"fmt"
	"slices"
	"strconv"
)

type parser struct {
	lexer  *lexer
	tokens []token
	at     int
	depth  int
}

const maxDepth = 200

func (p *parser) failf(format string, args ...any) {
	panic(&problem{p.lexer.file, p.peek().line, fmt.Sprintf(format, args...)})
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// is reports whether the next token is a word or an operator.
func (p *parser) is(chars string) bool {
	t := p.peek()
	return (t.kind == word || t.kind == punctuation) && t.is == chars
}

func (p *parser) accept(chars string) bool {
	if p.is(chars) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(chars string) {
	if !p.accept(chars) {
		p.failf("found %q, want %q", p.peek().is, chars)
	}
}

func (p *parser) name() string {
	t := p.next()
	if t.kind != word {
		p.failf("found %q, want a name", t.is)
	}
	return t.is
}

// chars reads a string without interpolation.
func (p *parser) chars() string {
	t := p.next()
	if t.kind != text || len(t.parts) != 1 {
		p.failf("want a plain string")
	}
	return t.parts[0].chars
}

func (p *parser) skipLines() {
	for p.peek().kind == newline {
		p.at++
	}
}

func (p *parser) file() *File {
	f := &File{Path: p.lexer.file, Scope: "resourceGroup", outputs: map[string]expression{}}
	for p.skipLines(); p.peek().kind != end; p.skipLines() {
		p.statement(f, p.decorators())
		if k := p.peek().kind; k != newline && k != end {
			p.failf("found %q after a statement", p.peek().is)
		}
	}
	return f
}

// decorators reads what stands before a statement, such as @description('…').
func (p *parser) decorators() (all []call) {
	for p.accept("@") {
		all = append(all, call{p.name(), p.arguments(), p.peek().line})
		p.skipLines()
	}
	return all
}

func (p *parser) statement(f *File, decorators []call) {
	switch keyword := p.name(); keyword {
	case "targetScope":
		p.expect("=")
		f.Scope = p.chars()
	case "extension":
		f.Extensions = append(f.Extensions, p.name())
	case "param":
		f.Params = append(f.Params, p.param(decorators))
	case "var":
		name := p.name()
		p.expect("=")
		f.vars = append(f.vars, variable{name, p.expression()})
	case "resource", "module":
		f.resources = append(f.resources, p.resource(keyword == "module", nil))
	case "output":
		name := p.name()
		p.name() // its type
		p.expect("=")
		f.Outputs = append(f.Outputs, name)
		f.outputs[name] = p.expression()
	default:
		p.failf("%q begins no statement", keyword)
	}
}

func (p *parser) param(decorators []call) *Param {
	param := &Param{Name: p.name(), Type: p.name()}
	if !slices.Contains([]string{"string", "int", "bool", "object", "array"}, param.Type) {
		p.failf("%q is not a type", param.Type)
	}
	if p.accept("=") {
		param.HasDefault, param.normal = true, p.expression()
	}
	for _, d := range decorators {
		if len(d.arguments) != 1 {
			p.failf("@%s needs one argument", d.function)
		}
		switch d.function {
		case "description":
			param.Description, _ = p.constant(d.arguments[0]).(string)
		case "allowed":
			param.Allowed, _ = p.constant(d.arguments[0]).([]any)
		}
	}
	return param
}

// constant returns the value of a literal, or of a list of literals.
func (p *parser) constant(e expression) any {
	switch e := e.(type) {
	case literal:
		return e.value
	case array:
		all := make([]any, len(e.items))
		for i, item := range e.items {
			all[i] = p.constant(item)
		}
		return all
	}
	p.failf("want a literal, or a list of literals")
	return nil
}

func (p *parser) resource(isModule bool, outer *resource) *resource {
	r := &resource{name: p.name(), outer: outer, line: p.peek().line}
	if isModule {
		r.path = p.chars()
	} else {
		r.kind = p.chars()
	}
	r.isExisting = p.accept("existing")
	p.expect("=")
	if p.accept("[") {
		r.loop = p.loop(func() { p.bodyOf(r) })
	} else {
		p.bodyOf(r)
	}
	return r
}

func (p *parser) bodyOf(r *resource) {
	if p.accept("if") {
		p.expect("(")
		r.condition = p.expression()
		p.expect(")")
	}
	r.body = p.object(r)
}

// loop reads what follows the bracket of a for expression.
func (p *parser) loop(body func()) *loop {
	l := &loop{}
	p.skipLines()
	p.expect("for")
	if p.accept("(") {
		l.item = p.name()
		p.expect(",")
		l.index = p.name()
		p.expect(")")
	} else {
		l.item = p.name()
	}
	p.expect("in")
	l.list = p.expression()
	p.expect(":")
	body()
	p.skipLines()
	p.expect("]")
	return l
}

func (p *parser) number(t token) any {
	n, err := strconv.Atoi(t.is)
	if err != nil {
		p.failf("%s is not a number", t.is)
	}
	return n
}
