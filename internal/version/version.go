// Package version knows which version of Rotunda this program is.
package version

import (
	"cmp"
	"runtime/debug"
)

// release is set by the linker when a release is built: see internal/release.
var release string

// String returns the version of a release, such as v1.2.3. In another build it is what the go
// command took from the repository, such as v1.2.4-0.20261127101500-0123456789ab, or "devel".
func String() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return "devel"
	}
	return cmp.Or(info.Main.Version, "devel")
}
