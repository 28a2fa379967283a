package main

import "runtime/debug"

// tuneCollector lets the heap grow to four times what is live before it is collected: that is a few
// megabytes here, so the collector would otherwise run many times a second. GOGC overrules it; where
// GOMEMLIMIT is not set, 512 MiB stand in for it, beyond which the collector works harder.
func tuneCollector(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(512 << 20)
	}
}
