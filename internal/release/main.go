// Command release builds what a release consists of, from the repository in the current folder:
//
//	go run ./internal/release -version v1.2.3 -o release
//
// It writes a zip for deployment for each SIGN_IN, a list of what is in the binary (SBOM) in
// CycloneDX's format, the licences of what is linked, and the checksums of these files. Two builds
// of one commit are equal, byte for byte.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	tag := flag.String("version", "", "`version` of the release, such as v1.2.3")
	dir := flag.String("o", "release", "`folder` to write to; it must be empty or absent")
	flag.Parse()
	files, err := run(context.Background(), ".", *tag, *dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
	fmt.Printf("%s has %s.\n", *dir, strings.Join(files, ", "))
}

// isVersion matches the versions of Semantic Versioning, with the v of Go's tags.
var isVersion = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// run returns the names of the files that it wrote.
func run(ctx context.Context, repo, tag, dir string) (files []string, err error) {
	if !isVersion.MatchString(tag) {
		return nil, fmt.Errorf("-version is %q: it must be a version such as v1.2.3", tag)
	}
	if entries, err := os.ReadDir(dir); len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is not an empty folder: choose another with -o, or empty this one", dir)
	}
	if err := checkCommit(ctx, repo, tag); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "rotunda-release-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	r := release{repo: repo, tag: tag, dir: dir, temp: temp}
	for _, step := range []func(context.Context) error{r.stage, r.collectNotices, r.writeZips, r.writeSBOM} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	slices.Sort(r.files)
	return append(r.files, checksums), writeChecksums(dir, r.files)
}

// release is one in the making.
type release struct {
	repo, tag, dir, temp string
	roots                map[string]string // app roots, by SIGN_IN
	binary               string
	files                []string // in dir
}

// add adds a file to the release, and returns its name.
func (r *release) add(suffix string) string {
	name := "rotunda_" + r.tag + "_" + suffix
	r.files = append(r.files, name)
	return name
}

// create makes a file of the release.
func (r *release) create(suffix string) (*os.File, error) {
	return os.Create(filepath.Join(r.dir, r.add(suffix)))
}
