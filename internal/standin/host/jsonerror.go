package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// describeJSON says in one sentence where a JSON file is wrong.
func describeJSON(content []byte, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not JSON: %w at line %d", err, lineOf(content, syntax.Offset))
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%q at line %d is a JSON %s, and should be a %s", kind.Field, lineOf(content, kind.Offset), kind.Value, kind.Type)
	}
	return err
}

func lineOf(content []byte, offset int64) int {
	return 1 + bytes.Count(content[:min(int(offset), len(content))], []byte("\n"))
}

// isNotDirectory tells whether a file was asked for below something that is no folder.
func isNotDirectory(err error) bool {
	path, ok := errors.AsType[*os.PathError](err)
	return ok && errors.Is(path.Err, syscall.ENOTDIR)
}
