//go:build race

package rotation

// racing: the race detector makes everything five times slower.
const racing = true
