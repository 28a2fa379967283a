package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// App is a function app as its root folder describes it.
type App struct {
	// Root is the folder that holds host.json, as an absolute path.
	Root string
	// Config is what host.json says.
	Config Config
	// Functions are the functions that loaded, in routing order: by name, ignoring case.
	Functions []Function
	// Rejected are the functions that broke a rule; the host runs without them.
	Rejected []Rejected
}

// Rejected is a function that did not load, and why.
type Rejected struct {
	Name string // the folder's name
	Err  error
}

// Error says which function was refused, and why.
func (r Rejected) Error() string { return fmt.Sprintf("function %q is skipped: %v", r.Name, r.Err) }

// Unwrap gives the rule that was broken.
func (r Rejected) Unwrap() error { return r.Err }

// Load reads the function app in the folder root: host.json, and a function.json in each folder directly below it.
// Its error is about host.json or the folder as a whole; a function that breaks a rule ends up in App.Rejected.
//
// Source: Host/HostFunctionMetadataProvider.cs, Host/FunctionMetadataManager.cs.
func Load(root string) (*App, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("the app root %q has no absolute path: %w", root, err)
	}
	config, err := readHostJSON(filepath.Join(root, "host.json"))
	if err != nil {
		return nil, err
	}
	app := &App{Root: root, Config: config}
	return app, app.discover()
}

func (a *App) discover() error {
	entries, err := os.ReadDir(a.Root)
	if err != nil {
		return fmt.Errorf("the app root can't be listed: %w", err)
	}
	for _, entry := range entries {
		a.load(entry.Name())
	}
	slices.SortStableFunc(a.Functions, func(x, y Function) int { return strings.Compare(foldName(x.Name), foldName(y.Name)) })
	a.rejectRepeats()
	return nil
}

// load reads the function in the folder name; a folder without a function.json is no function.
func (a *App) load(name string) {
	dir := filepath.Join(a.Root, name)
	content, err := os.ReadFile(filepath.Join(dir, "function.json"))
	if errors.Is(err, os.ErrNotExist) || isNotDirectory(err) || !a.Config.allows(name) {
		return
	}
	if err != nil {
		a.reject(name, err)
		return
	}
	function, err := parseFunction(name, dir, content)
	if err != nil {
		a.reject(name, err)
		return
	}
	a.Functions = append(a.Functions, function)
}

func (a *App) reject(name string, err error) { a.Rejected = append(a.Rejected, Rejected{name, err}) }

// rejectRepeats drops every function that clashes with one before it.
func (a *App) rejectRepeats() {
	var kept []Function
	for _, function := range a.Functions {
		if err := function.clashesWithAny(kept); err != nil {
			a.reject(function.Name, err)
			continue
		}
		kept = append(kept, function)
	}
	a.Functions = kept
}

// Function finds a function by its name, in any case.
func (a *App) Function(name string) (Function, bool) {
	i := slices.IndexFunc(a.Functions, func(f Function) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return Function{}, false
	}
	return a.Functions[i], true
}

// foldName is the form in which names are compared and sorted: .NET's ordinal comparison that ignores case works on upper case.
func foldName(name string) string { return strings.ToUpper(name) }
