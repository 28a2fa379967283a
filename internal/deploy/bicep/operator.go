package bicep

import "reflect"

func (s *scope) binary(e binary) any {
	switch e.operator {
	case "&&":
		return s.truth(e.left) && s.truth(e.right)
	case "||":
		return s.truth(e.left) || s.truth(e.right)
	}
	left, right := s.eval(e.left), s.eval(e.right)
	switch e.operator {
	case "==":
		return reflect.DeepEqual(left, right)
	case "!=":
		return !reflect.DeepEqual(left, right)
	}
	a, okA := left.(int)
	b, okB := right.(int)
	if !okA || !okB {
		s.failf(e.line, "%s compares numbers", e.operator)
	}
	switch e.operator {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}
