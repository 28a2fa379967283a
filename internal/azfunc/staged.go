package azfunc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"rotunda/internal/hostjson"
)

// CheckStaged compares the definitions beside the program, which the Functions host reads, with
// those in it. The host checks keys by its own: if those open a function to everyone, or lead to
// another function than their name says, nobody checks who calls. So every difference that could
// do that is an error: a function that the program does not know, another route or method, or a
// trigger of another kind. The settings of other triggers may differ, and functions may be
// missing.
//
// keys reports whether callers sign in by keys. Then every HTTP function must ask for one, but for
// those that are anonymous in the program too.
func CheckStaged(beside, inside fs.FS, keys bool) error {
	files, err := fs.Glob(beside, "*/function.json")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("the app root has no */function.json, so it can't be checked that callers are asked for a key: " +
			"start the handler by the Functions host, or by go run ./local")
	}
	var problems []error
	for _, file := range files {
		if err := checkStaged(beside, inside, file, keys); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
		}
	}
	return errors.Join(problems...)
}

func checkStaged(beside, inside fs.FS, file string, keys bool) error {
	staged, err := readBindings(beside, file)
	if err != nil {
		return err
	}
	own, err := readBindings(inside, file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the app has no function %s: remove the folder, or stage the app again with make dist", path.Dir(file))
	}
	if err != nil {
		return err
	}
	level, ownLevel := takeLevel(staged), takeLevel(own)
	switch {
	case !isHTTP(own) && !isHTTP(staged):
		return nil
	case !reflect.DeepEqual(staged, own):
		return errors.New("it is not that of this version of the app: stage the app again with make dist, and change nothing in it but authLevel")
	case !slices.Contains([]string{"", "function", "admin", "anonymous"}, level):
		return fmt.Errorf("the authLevel %q is unknown", level)
	case keys && level == "anonymous" && ownLevel != "anonymous":
		return errors.New("its authLevel is anonymous, and SIGN_IN is keys, so anybody could call it without a key: " +
			"set SIGN_IN=tokens, or stage the app again with make dist")
	}
	return nil
}

// bindings is a function.json as it is, so that no part that the host reads escapes the
// comparison.
type bindings = map[string]any

func readBindings(files fs.FS, file string) (bindings, error) {
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, err
	}
	var found bindings
	if err := json.Unmarshal(hostjson.Standard(text), &found); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	return found, nil
}

// triggers returns the HTTP triggers.
func triggers(b bindings) (all []map[string]any) {
	list, _ := b["bindings"].([]any)
	for _, entry := range list {
		binding, _ := entry.(map[string]any)
		for name, value := range binding {
			kind, _ := value.(string)
			if strings.EqualFold(name, "type") && strings.EqualFold(kind, "httpTrigger") {
				all = append(all, binding)
			}
		}
	}
	return all
}

// isHTTP reports whether HTTP requests can start a function. One whose bindings are not spelt as
// in the app counts as such, because the host ignores the case of names.
func isHTTP(b bindings) bool {
	for name := range b {
		if strings.EqualFold(name, "bindings") && name != "bindings" {
			return true
		}
	}
	_, spelt := b["bindings"].([]any)
	return !spelt || len(triggers(b)) > 0
}

// takeLevel removes the authLevel of the HTTP trigger, and returns it in lower case.
func takeLevel(b bindings) (level string) {
	for _, trigger := range triggers(b) {
		text, ok := trigger["authLevel"].(string)
		if !ok && trigger["authLevel"] != nil {
			text = fmt.Sprint(trigger["authLevel"])
		}
		delete(trigger, "authLevel")
		level = strings.ToLower(text)
	}
	return level
}
