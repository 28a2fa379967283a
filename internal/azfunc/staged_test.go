package azfunc_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"rotunda/internal/azfunc"
)

// with returns an HTTP function with an authLevel.
func with(level, route, method string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(`{"bindings":[
		{"type":"httpTrigger","direction":"in","name":"req","authLevel":"` + level + `","methods":["` + method + `"],"route":"` + route + `"},
		{"type":"http","direction":"out","name":"res"}]}`)}
}

func text(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

// What stands beside the program decides who gets in, so it must be what the program expects.
func TestStagedDefinitions(t *testing.T) {
	inside := fstest.MapFS{
		"get/function.json":    with("function", "secrets/{name}", "get"),
		"health/function.json": with("anonymous", "health", "get"),
		"sweep/function.json":  text(`{"bindings":[{"type":"timerTrigger","direction":"in","name":"tick","schedule":"0 */10 * * * *"}]}`),
	}
	for name, row := range map[string]struct {
		file   string
		staged *fstest.MapFile
		keys   string // what the error says with keys; "" for none
		tokens string
	}{
		"the same":                         {"get/function.json", inside["get/function.json"], "", ""},
		"a comment, and a byte order mark": {"get/function.json", text("\ufeff// staged\n" + string(inside["get/function.json"].Data)), "", ""},
		"open to everybody":                {"get/function.json", with("anonymous", "secrets/{name}", "get"), "SIGN_IN is keys, so anybody could call it", ""},
		"open, in capitals":                {"get/function.json", with("Anonymous", "secrets/{name}", "get"), "SIGN_IN is keys, so anybody could call it", ""},
		"open, behind what ends a comment": {
			"get/function.json", text(strings.Replace(string(with("function", "secrets/{name}", "get").Data), `"methods"`, "// here\r\"authLevel\":\"anonymous\",\n\"methods\"", 1)),
			"SIGN_IN is keys, so anybody could call it", "",
		},
		"for the master key":                 {"get/function.json", with("admin", "secrets/{name}", "get"), "", ""},
		"a level that is none":               {"get/function.json", with("nobody", "secrets/{name}", "get"), "unknown", "unknown"},
		"a level that is a number":           {"get/function.json", text(strings.Replace(string(with("function", "secrets/{name}", "get").Data), `"function"`, "0", 1)), "unknown", "unknown"},
		"a second level in other letters":    {"get/function.json", text(strings.Replace(string(inside["get/function.json"].Data), `"name":"req"`, `"name":"req","AuthLevel":"anonymous"`, 1)), "not that of this version", "not that of this version"},
		"health that needs a key":            {"health/function.json", with("function", "health", "get"), "", ""},
		"health for every path":              {"health/function.json", with("anonymous", "{*path}", "get"), "not that of this version", "not that of this version"},
		"another route":                      {"get/function.json", with("function", "{*path}", "get"), "not that of this version", "not that of this version"},
		"another method":                     {"get/function.json", with("function", "secrets/{name}", "post"), "not that of this version", "not that of this version"},
		"a function that the app lacks":      {"evil/function.json", with("function", "evil", "get"), "has no function evil", "has no function evil"},
		"another schedule":                   {"sweep/function.json", text(`{"bindings":[{"type":"timerTrigger","direction":"in","name":"tick","schedule":"0 0 * * * *"}]}`), "", ""},
		"a timer that is called over HTTP":   {"sweep/function.json", with("anonymous", "sweep", "post"), "not that of this version", "not that of this version"},
		"a timer with other bindings hidden": {"sweep/function.json", text(`{"bindings":[{"type":"timerTrigger"}],"Bindings":[{"type":"httpTrigger","authLevel":"anonymous"}]}`), "not that of this version", "not that of this version"},
		"a timer with another Type":          {"sweep/function.json", text(`{"bindings":[{"type":"timerTrigger","Type":"HTTPTrigger"}]}`), "not that of this version", "not that of this version"},
		"not JSON":                           {"get/function.json", text(`bindings:`), "not JSON", "not JSON"},
		"no bindings":                        {"get/function.json", text(`{}`), "not that of this version", "not that of this version"},
	} {
		beside := fstest.MapFS{"host.json": text("{}"), row.file: row.staged}
		for keys, says := range map[bool]string{true: row.keys, false: row.tokens} {
			err := azfunc.CheckStaged(beside, inside, keys)
			if (err == nil) != (says == "") || err != nil && (!strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), row.file)) {
				t.Errorf("%s, keys %t: %v, want %q", name, keys, err, says)
			}
		}
	}
	for name, root := range map[string]fs.FS{"an empty folder": fstest.MapFS{}, "a folder that is not there": os.DirFS("nowhere")} {
		for _, keys := range []bool{true, false} {
			if err := azfunc.CheckStaged(root, inside, keys); err == nil || !strings.Contains(err.Error(), "has no */function.json") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
