//go:build windows

package host

// programSuffixes are what a program's file name may end in beyond the name that host.json gives.
var programSuffixes = []string{"", ".exe"}

// checkExecutable accepts any file: Windows has no execute bit.
func checkExecutable(string) error { return nil }
