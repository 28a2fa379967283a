//go:build !race

package wiretest

var raceFlags []string
