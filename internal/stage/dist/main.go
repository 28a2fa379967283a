// Command dist stages the app root for a deployment. `make dist` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"rotunda/internal/stage"
)

func main() {
	dir := flag.String("o", "dist", "`folder` to stage into; an app root in it is replaced")
	goos := flag.String("os", "linux", "operating `system` to build the handler for, as GOOS")
	goarch := flag.String("arch", "amd64", "`architecture` to build the handler for, as GOARCH")
	flag.Parse()
	if err := run(*dir, *goos, *goarch); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
	fmt.Printf("%s is staged for %s/%s.\n", *dir, *goos, *goarch)
}

func run(dir, goos, goarch string) error {
	if err := removeOlder(dir); err != nil {
		return err
	}
	return stage.Stage(context.Background(), ".", dir, goos, goarch)
}

// removeOlder removes an older app root and nothing else, because -o may name any folder by
// mistake.
func removeOlder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "host.json")); err != nil || isSource(dir) {
		return fmt.Errorf("%s is not a staged app root, so it was not replaced: choose another folder with -o, or empty this one", dir)
	}
	return os.RemoveAll(dir)
}

// isSource reports whether dir is the repository, which has a host.json too.
func isSource(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
