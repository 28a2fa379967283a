package main

import "runtime/debug"

// tuneGC lets the heap grow to four times its live size before a garbage collection. The live
// heap is only a few megabytes, so collections would otherwise run many times per second. GOGC
// overrides it. Unless GOMEMLIMIT is set, the limit is 512 MiB, near which collections run more
// often.
func tuneGC(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(512 << 20)
	}
}
