package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

const noticesFile = "THIRD_PARTY_NOTICES.txt"

// collectNotices writes the licences of all that is linked: as a file of the release, and into
// each app root, because most of the licences demand to go with the binary.
func (r *release) collectNotices(ctx context.Context) error {
	info, err := buildinfo.ReadFile(filepath.Join(r.roots["keys"], r.binary))
	if err != nil {
		return err
	}
	text, err := notices(ctx, r.repo, info)
	if err != nil {
		return err
	}
	own, err := os.ReadFile(filepath.Join(r.repo, "LICENSE"))
	if err != nil {
		return err
	}
	for _, root := range r.roots {
		err := errors.Join(
			os.WriteFile(filepath.Join(root, noticesFile), text, 0o644),
			os.WriteFile(filepath.Join(root, "LICENSE"), own, 0o644),
		)
		if err != nil {
			return err
		}
	}
	file, err := r.create(noticesFile)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// notices returns the licence texts of Go and of each module in a binary.
func notices(ctx context.Context, repo string, info *debug.BuildInfo) ([]byte, error) {
	goroot, err := output(ctx, repo, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "Rotunda contains the software below, under these licences.\n")
	if err := addNotices(&text, "Go "+strings.TrimPrefix(info.GoVersion, "go"), strings.TrimSpace(string(goroot))); err != nil {
		return nil, err
	}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		name := module.Path + "@" + module.Version
		folder, err := moduleFolder(ctx, repo, name)
		if err != nil {
			return nil, err
		}
		if err := addNotices(&text, module.Path+" "+module.Version, folder); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// isNotice matches the names of files with licences, such as LICENSE.txt, COPYING and NOTICE.
var isNotice = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents)([._-].*)?$`)

// addNotices adds what a module's folder says about its licence. A module that says nothing is an
// error, because nobody may pass it on.
func addNotices(w io.Writer, title, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(entries, func(e os.DirEntry) bool { return e.IsDir() || !isNotice.MatchString(e.Name()) })
	if len(found) == 0 {
		return fmt.Errorf("%s has no file with a licence in %s: find out whether Rotunda may contain it", title, folder)
	}
	for _, entry := range found {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n%s, %s\n\n%s\n", strings.Repeat("=", 80), title, entry.Name(), bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
	}
	return nil
}

// moduleFolder returns where a module is, and downloads it if necessary.
func moduleFolder(ctx context.Context, repo, name string) (string, error) {
	text, err := output(ctx, repo, "mod", "download", "-json", name)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(text, &module); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", name, err)
	}
	return module.Dir, nil
}

func output(ctx context.Context, repo string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = repo
	text, err := command.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return text, nil
}
