// Command dist stages the app root for a deployment. `make dist` runs it, and so does
// `azd package`, which sets SIGN_IN.
package main

import (
	"cmp"
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
	signIn := flag.String("sign-in", cmp.Or(os.Getenv("SIGN_IN"), "keys"), "keys or tokens: `how` callers sign in, as the setting SIGN_IN of the app")
	archive := flag.String("zip", "", "`file` to write the staged app root to, for azd")
	flag.Parse()
	note, err := run(*dir, *goos, *goarch, *signIn)
	if err == nil && *archive != "" {
		err = stage.Zip(*dir, *archive)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
	fmt.Printf("%s is staged for %s/%s%s.\n", *dir, *goos, *goarch, note)
}

func run(dir, goos, goarch, signIn string) (note string, err error) {
	if signIn != "keys" && signIn != "tokens" {
		return "", fmt.Errorf("-sign-in is %q: it must be keys or tokens", signIn)
	}
	if err := removeOlder(dir); err != nil {
		return "", err
	}
	if err := stage.Stage(context.Background(), ".", dir, goos, goarch); err != nil || signIn == "keys" {
		return "", err
	}
	return open(dir)
}

// open stages for tokens. An app root whose rules are wrong is not left behind.
func open(dir string) (note string, err error) {
	hasRules, err := stage.OpenToTokens(".", dir)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	if !hasRules {
		return ", for SIGN_IN=tokens, without " + stage.RulesFile + ": the app starts only if ACCESS_RULES_FILE names a file of rules", nil
	}
	return ", for SIGN_IN=tokens; the tests in " + stage.RulesFile + " pass", nil
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
