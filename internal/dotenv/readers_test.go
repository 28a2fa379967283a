package dotenv_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/dotenv"
	"rotunda/internal/needed"
)

// values are values, and the readers that do not read them exactly. docs/api.md has a table of
// them.
var values = map[string][]string{
	"":                                   nil,
	"s3cr3t":                             nil,
	"postgres://u:p%40@h:5432/db?a=b&c=": nil,
	"AccountKey=abc+/==;EndpointSuffix=core.windows.net": nil,
	"=ls": nil, "a:=ls": nil,
	"two words":                        nil,
	" around ":                         nil,
	"a # b":                            nil,
	"# b":                              nil,
	"~/x":                              nil,
	"!x;y&z|(a)<b>*?[c]{d}^":           nil,
	"größe 漢字 🔑":                       nil,
	"-----BEGIN KEY-----\nabc\n-----":  nil,
	"\n\nA=b\nexport X\n":              nil,
	"tab\there":                        nil,
	`{"user":"u","password":"p"}`:      nil,
	"$HOME $(id) $1":                   nil,
	"`id`":                             nil,
	`C:\dir\new`:                       nil,
	"it's":                             nil,
	"it's # 'x'\nand y":                nil,
	"${HOME}":                          {"python-dotenv"},
	`\\server\share`:                   {"python-dotenv"},
	`ends in \`:                        {"python-dotenv", "dotenv"},
	"a\rb\r\n":                         {"python-dotenv", "node", "dotenv"},
	`it's "quoted"`:                    {"node", "dotenv"},
	`it's a \ backslash`:               {"node", "dotenv"},
	"it's $HOME":                       {"python-dotenv", "node", "dotenv"},
	"it's `id`":                        {"python-dotenv", "node", "dotenv"},
	`it's ${HOME} "` + "`\\$(id)\n\r'": {"python-dotenv", "node", "dotenv"},
}

// Each reader reads each value, between two others, exactly, or is listed with it.
func TestReadersReadWhatTheTableSays(t *testing.T) {
	for name, reader := range map[string]func(*testing.T) []string{
		"sh": sh, "bash": bash, "node": node, "dotenv": npmDotenv, "python-dotenv": pythonDotenv,
	} {
		t.Run(name, func(t *testing.T) {
			command := reader(t)
			for value, misread := range values {
				if got := readBack(t, command, value); (got == "before|"+value+"|# after") == slices.Contains(misread, name) {
					t.Errorf("%q: %q, listed %t", value, got, slices.Contains(misread, name))
				}
			}
		})
	}
}

// readBack returns what a program writes whose last argument is a file with the value.
func readBack(t *testing.T, command []string, value string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "env")
	text := dotenv.Line("BEFORE", "before") + dotenv.Line("V", value) + dotenv.Line("AFTER", "# after")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), command[0], slices.Concat(command[1:], []string{file})...)
	run.Env = []string{"HOME=/expanded", "PATH=" + os.Getenv("PATH")}
	out, err := run.Output()
	if err != nil {
		return err.Error()
	}
	return string(out)
}

const print = `. "$1"; printf '%s|%s|%s' "$BEFORE" "$V" "$AFTER"`

func sh(t *testing.T) []string   { return []string{needed.Tool(t, "sh"), "-c", print, "sh"} }
func bash(t *testing.T) []string { return []string{needed.Tool(t, "bash"), "-c", print, "bash"} }

// node reads the file itself, by the same parser as node --env-file.
func node(t *testing.T) []string {
	return []string{needed.Tool(t, "node"), "-e", `process.loadEnvFile(process.argv[1]); const {BEFORE, V, AFTER} = process.env; process.stdout.write([BEFORE, V, AFTER].join("|"))`}
}

func npmDotenv(t *testing.T) []string {
	library := needed.Client(t, "js", "node_modules", "dotenv")
	return []string{needed.Tool(t, "node"), "-e", `const {BEFORE, V, AFTER} = require(process.argv[1]).parse(require("fs").readFileSync(process.argv[2]));
		process.stdout.write([BEFORE, V, AFTER].join("|"))`, library}
}

func pythonDotenv(t *testing.T) []string {
	python := needed.Python(t)
	if err := exec.CommandContext(t.Context(), python, "-c", "import dotenv").Run(); err != nil {
		needed.Missing(t, "python-dotenv is not installed: `make setup` installs it")
	}
	return []string{python, "-c", `import dotenv, sys
v = dotenv.dotenv_values(sys.argv[1])
sys.stdout.buffer.write("|".join(str(v.get(n)) for n in ("BEFORE", "V", "AFTER")).encode())`}
}

// A shell reads back every value.
func FuzzLine(f *testing.F) {
	for value := range values {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") {
			t.Skip() // no variable can hold it
		}
		for _, command := range [][]string{sh(t), bash(t)} {
			if got := readBack(t, command, value); got != "before|"+value+"|# after" {
				t.Errorf("%s: %q became %q", command[0], value, got)
			}
		}
	})
}
