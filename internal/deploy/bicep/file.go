// Package bicep reads Bicep files, and finds out what they would deploy for given parameters. It
// is for tests: it reads the part of the language that infra/ uses, and anything else is an error.
// It reports names that are not declared and parameters that a module does not have, as
// Microsoft's compiler does, but knows nothing of the properties of resources.
package bicep

import (
	"errors"
	"os"
	"path/filepath"
)

// File is a parsed file.
type File struct {
	Path      string
	Scope     string // targetScope
	Params    []*Param
	vars      []variable
	resources []*resource
	Outputs   []string
	// Extensions are the aliases that the file names. bicepconfig.json defines them.
	Extensions []string

	outputs map[string]expression
}

// Param is a parameter.
type Param struct {
	Name, Type  string
	Description string
	Allowed     []any
	HasDefault  bool

	normal expression
}

type variable struct {
	name  string
	value expression
}

// resource is the declaration of a resource, or of a module if path is set.
type resource struct {
	name       string // the symbol
	kind       string // type@version
	path       string
	isExisting bool
	condition  expression
	loop       *loop
	body       *object
	nested     []*resource
	outer      *resource
	line       int
}

// Read parses the file at path.
func Read(path string) (*File, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(filepath.ToSlash(path), string(source))
}

// Parse parses the source of the file at path.
func Parse(path, source string) (file *File, err error) {
	defer catch(&err)
	p := &parser{lexer: &lexer{file: path, source: source, line: 1}}
	p.tokens = p.lexer.tokens()
	return p.file(), nil
}

// catch turns a problem into an error.
func catch(err *error) {
	switch cause := recover().(type) {
	case nil:
	case *problem:
		*err = errors.Join(*err, cause)
	default:
		panic(cause)
	}
}
