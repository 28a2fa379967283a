//go:build race

package engine

// racing reports whether the race detector is on; it makes everything five times slower.
const racing = true
