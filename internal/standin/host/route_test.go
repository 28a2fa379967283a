package host_test

import (
	"strings"
	"testing"

	"rotunda/internal/standin/host"
)

func TestRouteTemplates(t *testing.T) {
	for _, row := range []struct {
		template, path string
		want           bool
	}{
		{"items", "/items", true},
		{"items", "/ITEMS/", true},
		{"items", "/items//", false},
		{"items", "/items/1", false},
		{"items/{id}", "/items/a b", true},
		{"items/{id}", "/items/", false},
		{"items/{id}", "/items//", false},
		{"items/{id?}", "/items", true},
		{"items/{id?}", "/items/7", true},
		{"{*rest}", "/", true},
		{"{*rest}", "/a/b/c", true},
		{"a/{*rest}", "/a", true},
		{"a/{*rest}", "/b", false},
		{"{v:length(32)}", "/0123456789abcdef0123456789abcdef", true},
		{"{v:length(32)}", "/0123", false},
		{"{v:length(32)?}", "/", true},
		{"{v:length(3)}", "/é12", true},
		{"secrets/{name}/versions", "/secrets/a/VERSIONS", true},
	} {
		got, err := host.MatchRoute(row.template, row.path)
		check(t, err)
		equal(t, row.template+" with "+row.path, got, row.want)
	}
}

func TestFirstRouteByNameWins(t *testing.T) {
	function := func(route, methods string) string {
		return `{"bindings":[{"type":"httpTrigger","name":"req","methods":[` + methods + `],"route":"` + route + `"},{"type":"http","direction":"out","name":"res"}]}`
	}
	// Each function has a key of its own, so the key that opens a path shows which one was chosen.
	names := []string{"aItem", "bSearch", "zAll"}
	keys := map[string]map[string]string{}
	for _, name := range names {
		keys[name] = map[string]string{"default": "key-of-" + name}
	}
	r := start(t, files{
		"aItem/function.json": function("items/{id}", `"get"`), "bSearch/function.json": function("items/search", `"get","POST"`),
		"zAll/function.json": function("{*path}", `"put"`),
	}, host.Options{Keys: &host.Keys{Functions: keys}})
	for _, row := range []struct{ method, path, want string }{
		{"GET", "/api/items/search", "aItem"},
		{"POST", "/api/items/search", "bSearch"},
		{"PUT", "/api/items/search", "zAll"},
		{"PUT", "/api", "zAll"},
		{"DELETE", "/api/items/search", ""},
		{"HEAD", "/api/items/1", ""},
		{"GET", "/items/1", ""},
		{"GET", "/apiitems/1", ""},
	} {
		for _, name := range names {
			want := map[bool]int{true: 200, false: 401}[name == row.want]
			if row.want == "" {
				want = 404
			}
			got := r.send(t, row.method, row.path, "", "x-functions-key: key-of-"+name)
			equal(t, row.method+row.path+" with the key of "+name, got.status, want)
			if want != 200 {
				equal(t, "body", got.body, "")
			}
		}
	}
}

func TestOwnPaths(t *testing.T) {
	r := start(t, files{"all/function.json": anonymousAny}, host.Options{})
	home := r.send(t, "GET", "/", "")
	equal(t, "homepage", home.status, 200)
	equal(t, "homepage's type", home.header.Get("Content-Type"), "text/html")
	equal(t, "ping", r.send(t, "GET", "/admin/host/ping", "").status, 200)
	equal(t, "other host path", r.send(t, "GET", "/runtime/webhooks/x", "").status, 404)
	quiet := start(t, files{"all/function.json": anonymousAny}, host.Options{}, "AzureWebJobsDisableHomepage=true")
	equal(t, "homepage disabled", quiet.send(t, "GET", "/", "").status, 204)
	app, err := host.Load(stage(t, files{"all/function.json": anonymousAny}))
	check(t, err)
	app.Config.RoutePrefix = ""
	bare := startApp(t, app, host.Options{})
	equal(t, "catch-all takes the homepage, and the host's prefix is gone", bare.send(t, "GET", "/", "").status, 418)
}

func FuzzRoute(f *testing.F) {
	f.Add("items/{id}/{rest?}", "/items/1")
	f.Add("{v:length(3)}", "/123")
	f.Add("{*all}", "//")
	f.Fuzz(func(t *testing.T, template, path string) {
		matched, err := host.MatchRoute(template, path)
		if err != nil || !matched {
			return
		}
		if again, _ := host.MatchRoute(template, path+"/"); !again && !strings.HasSuffix(path, "/") && path != "" {
			t.Errorf("%q matches %q, but not with a trailing slash", template, path)
		}
	})
}
