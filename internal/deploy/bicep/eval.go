package bicep

import (
	"fmt"
	"strings"
)

// scope is where names are looked up: a file, or within it the body of a loop.
type scope struct {
	deployment *deployment
	file       *File
	group      string // the resource group of the deployment
	names      map[string]*lazy
	outer      *scope
}

// lazy is a value that is computed when it is first asked for, as declarations come in any order.
type lazy struct {
	compute func() any
	value   any
	isBusy  bool
	isDone  bool
}

func (s *scope) inner() *scope {
	return &scope{s.deployment, s.file, s.group, map[string]*lazy{}, s}
}

func (s *scope) declare(name string, compute func() any) {
	if _, ok := s.names[name]; ok {
		s.failf(0, "%s is declared twice", name)
	}
	s.names[name] = &lazy{compute: compute}
}

func (s *scope) get(name string, line int) any {
	for at := s; at != nil; at = at.outer {
		v, ok := at.names[name]
		switch {
		case !ok:
			continue
		case v.isBusy:
			s.failf(line, "%s depends on itself", name)
		case !v.isDone:
			v.isBusy = true
			v.value = v.compute()
			v.isBusy, v.isDone = false, true
		}
		return v.value
	}
	s.failf(line, "%s is not declared", name)
	return nil
}

func (s *scope) eval(e expression) any {
	switch e := e.(type) {
	case literal:
		return e.value
	case joined:
		var text strings.Builder
		for _, p := range e.parts {
			fmt.Fprint(&text, s.eval(p))
		}
		return text.String()
	case symbol:
		return s.get(e.name, e.line)
	case member:
		return s.member(s.eval(e.of), e.name, e.line)
	case index:
		return s.index(e)
	case call:
		return s.call(e)
	case not:
		return !s.truth(e.of)
	case binary:
		return s.binary(e)
	case choice:
		if s.truth(e.condition) {
			return s.eval(e.yes)
		}
		return s.eval(e.no)
	case *object:
		return s.object(e)
	case array:
		all := make([]any, len(e.items))
		for i, item := range e.items {
			all[i] = s.eval(item)
		}
		return all
	case *loop:
		var all []any
		for _, inner := range s.iterations(e, 0) {
			all = append(all, inner.eval(e.body))
		}
		return all
	}
	s.failf(0, "an expression of the kind %T can't be evaluated", e)
	return nil
}

func (s *scope) truth(e expression) bool {
	value, ok := s.eval(e).(bool)
	if !ok {
		s.failf(0, "a condition is neither true nor false")
	}
	return value
}

func (s *scope) object(o *object) any {
	made := map[string]any{}
	for i, key := range o.keys {
		name := fmt.Sprint(s.eval(key))
		if _, ok := made[name]; ok {
			s.failf(0, "an object has %s twice", name)
		}
		made[name] = s.eval(o.values[i])
	}
	return made
}

// iterations returns a scope for each item of a loop.
func (s *scope) iterations(l *loop, line int) (all []*scope) {
	list, ok := s.eval(l.list).([]any)
	if !ok {
		s.failf(line, "the list of %s is not a list", l.item)
	}
	for i, item := range list {
		inner := s.inner()
		inner.declare(l.item, func() any { return item })
		if l.index != "" {
			inner.declare(l.index, func() any { return i })
		}
		all = append(all, inner)
	}
	return all
}

func (s *scope) index(e index) any {
	list, ok := s.eval(e.of).([]any)
	i, isNumber := s.eval(e.at).(int)
	if !ok || !isNumber || i < 0 || i >= len(list) {
		s.failf(e.line, "an index is not within its list")
	}
	return list[i]
}
