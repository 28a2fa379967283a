package main

import "runtime/debug"

// memoryLimit keeps the process below 256 MiB, together with what the Go runtime does not count:
// the program itself.
const memoryLimit = 192 << 20

// tuneGC lets the heap grow to 3.5 times its live size, and at least to 10 MB, before a garbage
// collection. The live heap is about a megabyte, so collections would otherwise run many times per
// second. GOGC overrides it. Near memoryLimit, collections run more often. GOMEMLIMIT overrides
// that.
func tuneGC(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(250)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
