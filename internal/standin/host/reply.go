package host

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// reply is the HTTP answer that a function's output stands for.
type reply struct {
	status int
	header map[string]any
	body   any // nil for none
}

// reply finds the function's HTTP output. Source: Binding/HttpBinding.cs, Workers/Http/HttpScriptInvocationResultExtensions.cs;
// what happens without such an output is derived.
func (a answer) reply(f Function) (reply, error) {
	for _, binding := range f.Outputs {
		if !binding.is(httpType) {
			continue
		}
		if binding.Name == returnName {
			return a.returned(binding), nil
		}
		return a.named(binding)
	}
	return reply{status: http.StatusNoContent}, nil
}

func (a answer) named(binding Binding) (reply, error) {
	if a.Outputs == nil {
		return reply{status: http.StatusNoContent}, nil
	}
	value, ok := a.Outputs[binding.Name]
	if !ok {
		return reply{status: http.StatusOK, body: map[string]any{}}, nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return reply{}, fmt.Errorf("%w: output %q must be an object with statusCode, headers and body", ErrMalformedInvocationResponse, binding.Name)
	}
	return responseFrom(object), nil
}

// returned is the answer that $return stands for: an object that looks like a response is one, all else is a body.
func (a answer) returned(binding Binding) reply {
	switch value := sniff(binding, a.ReturnValue).(type) {
	case nil:
		return reply{status: http.StatusNoContent}
	case map[string]any:
		if _, ok := field(value, "body"); ok {
			return responseFrom(value)
		}
		made := responseFrom(value)
		made.body = value
		return made
	default:
		return reply{status: http.StatusOK, body: value}
	}
}

// responseFrom reads a response object. An object with status alone gives 200, as the lookup finds statusCode empty first.
func responseFrom(object map[string]any) reply {
	made := reply{status: http.StatusOK}
	made.body, _ = field(object, "body")
	headers, _ := field(object, "headers")
	made.header, _ = headers.(map[string]any)
	code, _ := field(object, "statusCode")
	if status, err := strconv.Atoi(fmt.Sprint(code)); err == nil && status >= 100 && status <= 999 {
		made.status = status
	}
	return made
}

// field finds a value by its name in any case.
func field(object map[string]any, name string) (any, bool) {
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return nil, false
}

func (p reply) write(w http.ResponseWriter) {
	body, kind := p.content()
	if kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	for name, value := range p.header {
		w.Header().Set(name, fmt.Sprint(value))
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(body) // the caller may have gone
}

// content is the body as bytes, with the type it has unless the function set another.
func (p reply) content() (body []byte, kind string) {
	switch value := p.body.(type) {
	case nil:
		return nil, ""
	case string:
		return []byte(value), "text/plain; charset=utf-8"
	case []byte:
		return value, "application/octet-stream"
	}
	body, err := marshal(p.body)
	if err != nil {
		return nil, ""
	}
	return body, jsonType
}
