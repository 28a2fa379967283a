package stage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"rotunda/internal/access/rules"
)

// RulesFile is the file of rules, in the repository and in the app root.
const RulesFile = "access.json"

// keyLevel matches the authLevel of a function that needs a key.
var keyLevel = regexp.MustCompile(`("authLevel"\s*:\s*")function(")`)

// OpenToTokens changes a staged app root for SIGN_IN=tokens: the host asks nobody for a key,
// because the app itself checks who calls and what rules allow. It copies the repository's file of
// rules, if there is one, after running the tests in it, and reports whether there is.
func OpenToTokens(repo, dir string) (hasRules bool, err error) {
	hasRules, err = stageRules(repo, dir)
	if err != nil {
		return hasRules, err
	}
	return hasRules, OpenWithoutRules(dir)
}

// OpenWithoutRules is OpenToTokens for an app root whose rules are added later: a release is for
// everybody, and rules are one's own.
func OpenWithoutRules(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*", "function.json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, keyLevel.ReplaceAll(text, []byte("${1}anonymous${2}")), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func stageRules(repo, dir string) (found bool, err error) {
	file := filepath.Join(repo, RulesFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := rules.Parse(text); err != nil {
		return true, fmt.Errorf("%s: %w", file, err)
	}
	return true, os.WriteFile(filepath.Join(dir, RulesFile), text, 0o644)
}
