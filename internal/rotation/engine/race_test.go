//go:build race

package engine

// racing: the race detector makes everything five times slower.
const racing = true
