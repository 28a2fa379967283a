package bicep

import "slices"

// An expression is one of the types below.
type expression any

type (
	literal struct{ value any }
	joined  struct{ parts []expression } // a string with interpolations
	symbol  struct {
		name string
		line int
	}
	member struct {
		of   expression
		name string
		line int
	}
	index struct {
		of, at expression
		line   int
	}
	call struct {
		function  string
		arguments []expression
		line      int
	}
	not    struct{ of expression }
	binary struct {
		operator    string
		left, right expression
		line        int
	}
	choice struct{ condition, yes, no expression }
	object struct {
		keys   []expression
		values []expression
	}
	array struct{ items []expression }
	loop  struct {
		item, index string
		list, body  expression
	}
)

func (p *parser) expression() expression {
	if p.depth++; p.depth > maxDepth {
		p.failf("expressions are nested too deeply")
	}
	defer func() { p.depth-- }()
	condition := p.operation(0)
	if !p.follows("?") {
		return condition
	}
	p.skipLines()
	yes := p.expression()
	p.skipLines()
	p.expect(":")
	p.skipLines()
	return choice{condition, yes, p.expression()}
}

// follows accepts an operator that may begin a later line.
func (p *parser) follows(operator string) bool {
	before := p.at
	p.skipLines()
	if p.accept(operator) {
		return true
	}
	p.at = before
	return false
}

// levels are the binary operators, those that bind weakest first.
var levels = [][]string{{"||"}, {"&&"}, {"==", "!="}, {"<", ">", "<=", ">="}}

func (p *parser) operation(level int) expression {
	if level == len(levels) {
		return p.unary()
	}
	left := p.operation(level + 1)
	for p.peek().kind == punctuation && slices.Contains(levels[level], p.peek().is) {
		t := p.next()
		left = binary{t.is, left, p.operation(level + 1), t.line}
	}
	return left
}

func (p *parser) unary() expression {
	if p.accept("!") {
		if p.depth++; p.depth > maxDepth {
			p.failf("expressions are nested too deeply")
		}
		defer func() { p.depth-- }()
		return not{p.unary()}
	}
	value := p.primary()
	for {
		line := p.peek().line
		switch {
		case p.accept("."), p.accept("::"):
			value = member{value, p.name(), line}
		case p.accept("["):
			value = index{value, p.expression(), line}
			p.expect("]")
		case p.accept("!"): // asserts that it is not null
		default:
			return value
		}
	}
}

func (p *parser) primary() expression {
	switch t := p.next(); {
	case t.kind == text:
		return p.joined(t)
	case t.kind == number:
		return literal{p.number(t)}
	case t.kind == word:
		return p.named(t)
	case t.is == "(" && t.kind == punctuation:
		value := p.expression()
		p.expect(")")
		return value
	case t.is == "{":
		p.at--
		return p.object(nil)
	case t.is == "[":
		return p.array()
	default:
		p.failf("%q begins no expression", t.is)
		return nil
	}
}

func (p *parser) named(t token) expression {
	switch t.is {
	case "true", "false":
		return literal{t.is == "true"}
	case "null":
		return literal{nil}
	}
	if p.is("(") {
		return call{t.is, p.arguments(), t.line}
	}
	return symbol{t.is, t.line}
}

func (p *parser) arguments() (all []expression) {
	p.expect("(")
	for p.skipLines(); !p.accept(")"); p.skipLines() {
		all = append(all, p.expression())
		p.skipLines()
		if !p.accept(",") && !p.is(")") {
			p.failf("found %q among arguments", p.peek().is)
		}
	}
	return all
}

func (p *parser) joined(t token) expression {
	if len(t.parts) == 1 {
		return literal{t.parts[0].chars}
	}
	var j joined
	for _, piece := range t.parts {
		if !piece.isCode {
			j.parts = append(j.parts, literal{piece.chars})
			continue
		}
		inner := &parser{lexer: &lexer{file: p.lexer.file, source: piece.source, line: t.line}, depth: p.depth}
		inner.tokens = inner.lexer.tokens()
		j.parts = append(j.parts, inner.expression())
		if inner.peek().kind != end {
			inner.failf("found %q in an interpolated expression", inner.peek().is)
		}
	}
	return j
}

// object reads an object. That of a resource may hold nested resources.
func (p *parser) object(owner *resource) *object {
	if p.depth++; p.depth > maxDepth {
		p.failf("objects are nested too deeply")
	}
	defer func() { p.depth-- }()
	o := &object{}
	p.expect("{")
	for p.separators(); !p.accept("}"); p.separators() {
		if owner != nil && p.is("resource") && p.tokens[p.at+1].kind == word {
			p.at++
			owner.nested = append(owner.nested, p.resource(false, owner))
			continue
		}
		o.keys = append(o.keys, p.key())
		p.expect(":")
		o.values = append(o.values, p.expression())
	}
	return o
}

func (p *parser) key() expression {
	t := p.next()
	switch t.kind {
	case word:
		return literal{t.is}
	case text:
		return p.joined(t)
	}
	p.failf("%q is not the name of a property", t.is)
	return nil
}

// separators passes over what separates the items of objects and arrays.
func (p *parser) separators() {
	for p.peek().kind == newline || p.is(",") {
		p.at++
	}
}

func (p *parser) array() expression {
	before := p.at
	p.skipLines()
	if p.is("for") {
		var body expression
		l := p.loop(func() { body = p.expression() })
		l.body = body
		return l
	}
	p.at = before
	var a array
	for p.separators(); !p.accept("]"); p.separators() {
		a.items = append(a.items, p.expression())
	}
	return a
}
