package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// parentInterval is how often the run checks that `go run` still runs.
const parentInterval = 200 * time.Millisecond

// withParent returns a context that also ends when `go run` ends, if it started this process:
// it passes no signal on. A binary started in another way outlives its parent.
func withParent(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	parent := os.Getppid()
	if !isGo(parent) {
		return ctx, cancel
	}
	go func() {
		tick := time.NewTicker(parentInterval)
		defer tick.Stop()
		for os.Getppid() == parent {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
		cancel()
	}()
	return ctx, cancel
}

// isGo reports whether a process is the go command. Where the system can't tell, it goes by where
// this program is: `go run` keeps what it builds in a folder of the build cache.
func isGo(process int) bool {
	if name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "comm")); err == nil {
		return strings.TrimSpace(string(name)) == "go"
	}
	program, err := os.Executable()
	return err == nil && strings.Contains(filepath.ToSlash(program), "go-build")
}
