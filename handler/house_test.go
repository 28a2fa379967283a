package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const azureSDK = "github.com/Azure/azure-sdk-for-go"

// floors say which packages must not import which others. A path stands for all packages below it
// too.
var floors = []struct {
	why          string
	from, except []string
	to, allowed  []string
	deep         bool // nor by way of other packages
}{
	{
		why:    "stand-ins are for tests and local only",
		from:   []string{"rotunda"},
		except: []string{"rotunda/local", "rotunda/bench", "rotunda/internal/standin", "rotunda/internal/wiretest", "rotunda/internal/testserver"},
		to:     []string{"rotunda/internal/standin"},
		deep:   true,
	},
	{
		why:  "the description of the API is written and compared with before the program is built",
		from: []string{"rotunda/handler", "rotunda/functions", "rotunda/local"},
		to:   []string{"rotunda/internal/openapi", "github.com/getkin/kin-openapi"},
		deep: true,
	},
	{
		why:  "few packages call Azure",
		from: []string{"rotunda/handler", "rotunda/functions", "rotunda/internal"},
		except: []string{
			"rotunda/handler", "rotunda/internal/audit", "rotunda/internal/identity", "rotunda/internal/lease", "rotunda/internal/rotators", "rotunda/internal/settings",
			"rotunda/internal/vault", "rotunda/internal/standin", "rotunda/internal/testserver", "rotunda/internal/wiretest",
		},
		to: []string{azureSDK},
	},
	{
		why:  "only those few and what joins them with others depend on Azure's SDK",
		from: []string{"rotunda/functions", "rotunda/internal"},
		except: []string{
			"rotunda/internal/audit", "rotunda/internal/identity", "rotunda/internal/lease", "rotunda/internal/rotators", "rotunda/internal/secrets", "rotunda/internal/settings",
			"rotunda/internal/vault", "rotunda/internal/standin", "rotunda/internal/testserver", "rotunda/internal/wiretest",
		},
		to:   []string{azureSDK},
		deep: true,
	},
	{
		why:     "settings knows the addresses of Azure's clouds and the syntax of host.json, and no other part of the app",
		from:    []string{"rotunda/internal/settings"},
		to:      []string{"rotunda", azureSDK},
		allowed: []string{azureSDK + "/sdk/azcore/cloud", "rotunda/internal/hostjson"},
		deep:    true,
	},
	{
		why:  "functions name what they need as interfaces of their own",
		from: []string{"rotunda/functions"},
		to: []string{
			"rotunda/internal/vault", "rotunda/internal/secrets", "rotunda/internal/cache", "rotunda/internal/rotation", "rotunda/internal/rotators",
			"rotunda/internal/lease", "rotunda/internal/settings",
		},
		deep: true,
	},
	{
		why:  "rotators and locks know the words of rotation, and not its engine",
		from: []string{"rotunda/internal/rotators", "rotunda/internal/lease"},
		to:   []string{"rotunda/internal/rotation/engine", "rotunda/internal/rotation/answer", "rotunda/internal/vault"},
		deep: true,
	},
	{
		why:    "rotation knows no provider, no lock and no HTTP",
		from:   []string{"rotunda/internal/rotation"},
		except: []string{"rotunda/internal/rotation/answer"},
		to:     []string{"rotunda/internal/rotators", "rotunda/internal/lease", "rotunda/internal/wire", "rotunda/internal/azfunc"},
		deep:   true,
	},
	{
		why:     "the handler links nothing that builds large tables at each start; tests may",
		from:    []string{"rotunda/handler"},
		to:      []string{"github.com/xdg-go", "go.mongodb.org/mongo-driver/v2"},
		allowed: []string{"go.mongodb.org/mongo-driver/v2/internal", "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"},
		deep:    true,
	},
	{
		why:  "secret is what all others are built on",
		from: []string{"rotunda/internal/secret"},
		to:   []string{"rotunda"},
		deep: true,
	},
}

func TestImportsGoDown(t *testing.T) {
	all := packages(t)
	for _, rule := range floors {
		for _, p := range all {
			if !under(p.ImportPath, rule.from...) || under(p.ImportPath, rule.except...) {
				continue
			}
			imports := p.Imports
			if rule.deep {
				imports = p.Deps
			}
			for _, imported := range imports {
				if under(imported, rule.to...) && !under(imported, rule.allowed...) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.why)
				}
			}
		}
	}
}

// Settings come in through package settings: main alone has os.Getenv, and passes it on.
func TestOnlyMainReadsTheEnvironment(t *testing.T) {
	tools := []string{"rotunda/internal/standin", "rotunda/internal/wiretest", "rotunda/internal/testserver", "rotunda/internal/stage"}
	for _, p := range packages(t) {
		if !under(p.ImportPath, "rotunda/handler", "rotunda/functions", "rotunda/internal") || under(p.ImportPath, tools...) {
			continue
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			isMain := p.ImportPath == "rotunda/handler" && file == "main.go"
			for _, call := range []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv"} {
				if strings.Contains(string(text), call) && !isMain {
					t.Errorf("%s/%s uses %s", p.ImportPath, file, call)
				}
			}
		}
	}
}

// goPackage is what go list says about a package.
type goPackage struct {
	ImportPath, Dir        string
	GoFiles, Imports, Deps []string
}

// packages returns every package of the module.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "rotunda/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// under reports whether a package is one of roots, or below one.
func under(pkg string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") })
}
