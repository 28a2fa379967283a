//go:build windows

package host

// programSuffixes are what a program's file name may have after the name in host.json.
var programSuffixes = []string{"", ".exe"}

// checkExecutable accepts any file: Windows has no execute bit.
func checkExecutable(string) error { return nil }

// killWithParent does nothing: on Windows, a handler outlives a host that is killed.
func killWithParent(int) (stop func(), err error) { return func() {}, nil }
