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
	packages, err := linked(ctx, r.repo)
	if err != nil {
		return err
	}
	text, err := notices(ctx, r.repo, info, packages)
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

// linked returns the folders of the packages in the binary.
func linked(ctx context.Context, repo string) ([]string, error) {
	text, err := outputFor(ctx, repo, []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}, "list", "-deps", "-f", "{{.Dir}}", "./handler")
	return strings.Split(strings.TrimSpace(string(text)), "\n"), err
}

// notices returns the licence texts of Go and of each module in a binary, and of the packages in
// them that have licences of their own.
func notices(ctx context.Context, repo string, info *debug.BuildInfo, packages []string) ([]byte, error) {
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
		if err := addNotices(&text, module.Path+" "+module.Version, folder, packages...); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// isNotice matches the names of files with licences, such as LICENSE.txt, COPYING, NOTICE and
// THIRD-PARTY-NOTICES.
var isNotice = regexp.MustCompile(`(?i)^(third[._-]?party[._-]?)?(licen[cs]es?|copying|notices?|copyright|patents)([._-].*)?$`)

// addNotices adds what a module's folder says about its licence, and then the folders of its
// packages: one that comes from elsewhere may have a licence of its own. A module that says
// nothing is an error, because nobody may pass it on.
func addNotices(w io.Writer, title, folder string, packages ...string) error {
	found, err := noticesIn(folder)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%s has no file with a licence in %s: find out whether Rotunda may contain it", title, folder)
	}
	for _, inner := range below(folder, packages) {
		more, err := noticesIn(inner)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, folder+string(filepath.Separator)))
		fmt.Fprintf(w, "\n%s\n%s, %s\n\n%s\n", strings.Repeat("=", 80), title, name, bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
	}
	return nil
}

// noticesIn returns the files with licences in a folder.
func noticesIn(folder string) (files []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if !entry.IsDir() && isNotice.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go" {
			files = append(files, filepath.Join(folder, entry.Name()))
		}
	}
	return files, err
}

// below returns the folders between a module's folder and its packages, sorted, each once.
func below(module string, packages []string) (folders []string) {
	for _, folder := range packages {
		for ; strings.HasPrefix(folder, module+string(filepath.Separator)); folder = filepath.Dir(folder) {
			folders = append(folders, folder)
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
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
	return outputFor(ctx, repo, nil, args...)
}

// outputFor returns what the go command writes with more variables in its environment.
func outputFor(ctx context.Context, repo string, env []string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Env = repo, append(os.Environ(), env...)
	text, err := command.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return text, nil
}
