package bicep

import "slices"

// params declares the parameters, and checks what is given for them.
func (s *scope) params(given map[string]any) {
	for name := range given {
		if !slices.ContainsFunc(s.file.Params, func(p *Param) bool { return p.Name == name }) {
			s.failf(0, "there is no parameter %s", name)
		}
	}
	for _, p := range s.file.Params {
		value, isGiven := given[p.Name]
		switch {
		case isGiven:
			s.check(p, value)
		case !p.HasDefault:
			s.failf(0, "the parameter %s has no value", p.Name)
		}
		s.declare(p.Name, func() any {
			if isGiven {
				return value
			}
			return s.eval(p.normal)
		})
	}
}

func (s *scope) check(p *Param, value any) {
	if _, isUnknown := value.(unknown); isUnknown {
		return
	}
	var ok bool
	switch p.Type {
	case "string":
		_, ok = value.(string)
	case "int":
		_, ok = value.(int)
	case "bool":
		_, ok = value.(bool)
	case "object":
		_, ok = value.(map[string]any)
	case "array":
		_, ok = value.([]any)
	}
	if !ok {
		s.failf(0, "the parameter %s is %v, which is not of the type %s", p.Name, value, p.Type)
	}
	if p.Allowed != nil && !slices.Contains(p.Allowed, value) {
		s.failf(0, "the parameter %s is %v, but must be one of %v", p.Name, value, p.Allowed)
	}
}
