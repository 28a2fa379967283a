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
	// Config is the content of host.json.
	Config Config
	// Functions are the functions that loaded, in routing order: by name, ignoring case.
	Functions []Function
}

// Load reads the function app in the folder root: host.json, and a function.json in each folder
// directly below it. A function that breaks a rule of the real host, or that needs something that
// the stand-in does not support, is an error. The real host skips such a function and logs why.
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
		return fmt.Errorf("can't list the app root: %w", err)
	}
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			continue
		}
		if err := a.load(entry.Name()); err != nil {
			return fmt.Errorf("function %q: %w", entry.Name(), err)
		}
	}
	slices.SortStableFunc(a.Functions, func(x, y Function) int { return strings.Compare(foldName(x.Name), foldName(y.Name)) })
	for i, function := range a.Functions {
		if err := function.clashesWithAny(a.Functions[:i]); err != nil {
			return fmt.Errorf("function %q: %w", function.Name, err)
		}
	}
	return nil
}

// load reads the function in a folder. A folder without a function.json is not a function.
func (a *App) load(name string) error {
	content, err := os.ReadFile(filepath.Join(a.Root, name, "function.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	function, err := parseFunction(name, content)
	a.Functions = append(a.Functions, function)
	return err
}

// Function returns a function by its name, ignoring case.
func (a *App) Function(name string) (Function, bool) {
	i := slices.IndexFunc(a.Functions, func(f Function) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return Function{}, false
	}
	return a.Functions[i], true
}

// foldName returns the form in which names are sorted: .NET's ordinal comparison that ignores case
// compares upper case.
func foldName(name string) string { return strings.ToUpper(name) }
