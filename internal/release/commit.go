package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// checkCommit checks that the repository is as its commit says, and that the version's tag, if
// there is one, names this commit. A folder that is no clone has neither.
func checkCommit(ctx context.Context, repo, tag string) error {
	if _, err := os.Stat(filepath.Join(repo, ".git")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	changed, err := git(ctx, repo, "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("these files are not as in the commit, so this is not %s; commit or remove them:\n%s", tag, changed)
	}
	tagged, err := git(ctx, repo, "tag", "--list", tag)
	if err != nil {
		return err
	}
	here, err := git(ctx, repo, "tag", "--points-at", "HEAD", "--list", tag)
	if err == nil && tagged != here {
		err = fmt.Errorf("the tag %s names another commit: check it out, or choose another version", tag)
	}
	return err
}

// git returns what a command of git writes.
func git(ctx context.Context, repo string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = repo
	text, err := command.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimRight(string(text), "\n"), nil
}
