//go:build !linux

package audit_test

import "errors"

func limited(string) error { return errors.New("only on Linux") }
