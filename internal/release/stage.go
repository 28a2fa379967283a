package main

import (
	"context"
	"os"
	"path/filepath"

	"rotunda/internal/stage"
)

// A release is for Linux on amd64, which is what Flex Consumption runs.
const (
	goos   = "linux"
	goarch = "amd64"
)

// pinned are variables of the go command that change a binary. A release has the same on every
// machine.
var pinned = map[string]string{"GOAMD64": "v1", "GOFLAGS": "-trimpath", "GOEXPERIMENT": "", "GOFIPS140": "off", "GOWORK": "off"}

// stage stages an app root for each SIGN_IN. The binary is built once: the linker stamps it with
// the version, and nothing in it differs between two clones of a commit.
func (r *release) stage(ctx context.Context) error {
	for name, value := range pinned {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	keys, tokens := filepath.Join(r.temp, "keys"), filepath.Join(r.temp, "tokens")
	err := stage.Stage(ctx, r.repo, keys, goos, goarch, "-buildvcs=false", "-ldflags", "-s -w -X rotunda/internal/version.release="+r.tag)
	if err != nil {
		return err
	}
	if err := os.CopyFS(tokens, os.DirFS(keys)); err != nil {
		return err
	}
	if r.binary, err = stage.Executable(r.repo); err != nil {
		return err
	}
	r.roots = map[string]string{"keys": keys, "tokens": tokens}
	return stage.OpenWithoutRules(tokens)
}
