// Package appservice_test starts programs by the script beside it.
package appservice_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rotunda/internal/standin"
	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

const (
	awkward = "canary-it's \"$HOME\" `id` \\\n\n#'\n"
	login   = `{"username":"canary-user","password":"canary pw"}`
	names   = "shop-api-key,DB_PASSWORD:shop-db.password"
)

// prints shows what the program finds in its environment.
const prints = `printf '%s|%s|%s|%s' "$SHOP_API_KEY" "$DB_PASSWORD" "${ROTUNDA_KEY-no key}" "$*"`

func set(t *testing.T, app *wiretest.App, header string) {
	t.Helper()
	for name, value := range map[string]string{"shop-api-key": awkward, "shop-db": login} {
		body, _ := json.Marshal(map[string]string{"value": value}) // strings can be encoded
		if got := app.Do(t, "PUT", "/secrets/"+name, string(body), header); got.Status != 200 {
			t.Fatal(got)
		}
	}
}

// start starts a program that prints its secrets.
func start(t *testing.T, shell string, env ...string) (stdout, stderr string, err error) {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), path, "start.sh", "sh", "-c", prints, "program", "an argument", "*")
	command.Env = slices.Concat([]string{"PATH=" + os.Getenv("PATH"), "HOME=/expanded"}, env)
	var out, problems strings.Builder
	command.Stdout, command.Stderr = &out, &problems
	err = command.Run()
	return out.String(), problems.String(), err
}

const want = awkward + "|canary pw|no key|an argument *"

func TestTheProgramHasItsSecretsByAFunctionKey(t *testing.T) {
	keys := host.Keys{Master: "master", Functions: map[string]map[string]string{"getsecret": {"shop": "canary-key"}}}
	app := wiretest.Start(t, wiretest.Options{Keys: &keys})
	set(t, app, "x-functions-key: master")
	for _, shell := range []string{"sh", "bash"} {
		stdout, stderr, err := start(t, shell, "ROTUNDA_URL="+app.URL, "ROTUNDA_NAMES="+names, "ROTUNDA_KEY=canary-key")
		if stdout != want || stderr != "" || err != nil {
			t.Errorf("%s: %q, %v: %s", shell, stdout, err, stderr)
		}
		for names, says := range map[string]string{
			"shop-api-key,nope": "The secret nope can't be read.", "shop-api-key.x": "is not JSON", "bad_name": "invalid name",
		} {
			stdout, stderr, err := start(t, shell, "ROTUNDA_URL="+app.URL, "ROTUNDA_NAMES="+names, "ROTUNDA_KEY=canary-key")
			if stdout != "" || err == nil || !strings.Contains(stderr, says) || strings.Contains(stderr, "canary") {
				t.Errorf("%s, %s: %q, %v: %s", shell, names, stdout, err, stderr)
			}
		}
	}
}

// The host's own responses have no message.
func TestAWrongKeyOrAddress(t *testing.T) {
	keys := host.Keys{Master: "master", Functions: map[string]map[string]string{"getsecret": {"shop": "canary-key"}}}
	app := wiretest.Start(t, wiretest.Options{Keys: &keys})
	for status, env := range map[string][]string{
		"401": {"ROTUNDA_URL=" + app.URL, "ROTUNDA_KEY=canary-wrong"},
		"404": {"ROTUNDA_URL=" + strings.TrimSuffix(app.URL, "/api"), "ROTUNDA_KEY=canary-key"},
	} {
		stdout, stderr, err := start(t, "sh", append(env, "ROTUNDA_NAMES="+names)...)
		if stdout != "" || err == nil || !strings.Contains(stderr, "status "+status+": no message, so check") || strings.Contains(stderr, "canary") {
			t.Errorf("%q, %v: %s", stdout, err, stderr)
		}
	}
}

// A response that the app is busy is not taken for lines, and the script tries again.
func TestTheScriptTriesAgain(t *testing.T) {
	tries := 0
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("echo this must not run"))
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("SHOP_API_KEY='canary key'\nDB_PASSWORD=\n"))
	}))
	defer app.Close()
	stdout, stderr, err := start(t, "sh", "ROTUNDA_URL="+app.URL, "ROTUNDA_NAMES="+names, "ROTUNDA_KEY=k")
	if stdout != "canary key||no key|an argument *" || stderr != "" || err != nil || tries != 2 {
		t.Errorf("%d tries: %q, %v: %s", tries, stdout, err, stderr)
	}
}

// Lines that are cut off are not taken for values: the script tries again.
func TestAResponseThatIsCutOff(t *testing.T) {
	tries := 0
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if tries++; tries == 1 {
			w.Header().Set("Content-Length", "1000") // so the connection is closed
			_, _ = w.Write([]byte("SHOP_API_KEY=canary-half\nDB_PASSWORD=canary-ha"))
			return
		}
		_, _ = w.Write([]byte("SHOP_API_KEY=canary-half-and-half\nDB_PASSWORD=\n"))
	}))
	defer app.Close()
	stdout, stderr, err := start(t, "sh", "ROTUNDA_URL="+app.URL+"/", "ROTUNDA_NAMES="+names, "ROTUNDA_KEY=k")
	if stdout != "canary-half-and-half||no key|an argument *" || strings.Contains(stderr, "canary") || err != nil || tries != 2 {
		t.Errorf("%d tries: %q, %v: %s", tries, stdout, err, stderr)
	}
}

// What is not the app's is not run, nor shown: a gateway may have changed the type of the lines.
func TestAPageIsNotRun(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("echo canary-ran\n"))
	}))
	defer app.Close()
	stdout, stderr, err := start(t, "sh", "ROTUNDA_URL="+app.URL, "ROTUNDA_NAMES="+names, "ROTUNDA_KEY=k")
	if stdout != "" || strings.Contains(stderr, "canary") || !strings.Contains(stderr, "is not the app's API, as it responds with text/html") || err == nil {
		t.Errorf("%q, %v: %s", stdout, err, stderr)
	}
}

func TestASettingThatIsMissing(t *testing.T) {
	all := []string{"ROTUNDA_URL=http://127.0.0.1:1", "ROTUNDA_NAMES=a", "ROTUNDA_AUDIENCE=a"}
	for i, want := range []string{"set ROTUNDA_URL", "set ROTUNDA_NAMES", "set ROTUNDA_AUDIENCE", "assign one, or set ROTUNDA_KEY"} {
		env := slices.Clone(all)
		if i < len(all) {
			env[i] = "A=b"
		}
		stdout, stderr, err := start(t, "sh", env...)
		if stdout != "" || err == nil || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q, %v: %s, want %s", stdout, err, stderr, want)
		}
	}
}

// The program has its own variables, whatever the names of those of the script.
func TestTheScriptsVariablesAreItsOwn(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("A=canary-a\n"))
	}))
	defer app.Close()
	own := []string{"header=1", "lines=2", "newline=3", "status=4", "token=5", "wait=6"}
	command := exec.CommandContext(t.Context(), "sh", "-x", "start.sh", "env")
	command.Env = slices.Concat([]string{"PATH=" + os.Getenv("PATH"), "ROTUNDA_URL=" + app.URL, "ROTUNDA_NAMES=a", "ROTUNDA_KEY=canary-key"}, own)
	var problems strings.Builder
	command.Stderr = &problems
	out, err := command.Output()
	if got := string(out); err != nil || strings.Count(got, "canary") != 1 || !strings.Contains(got, "A=canary-a\n") {
		t.Errorf("%s, %v", got, err)
	}
	for _, variable := range own {
		if !strings.Contains(string(out), variable+"\n") {
			t.Errorf("the program does not have %s: %s", variable, out)
		}
	}
	if strings.Contains(problems.String(), "canary") {
		t.Errorf("a trace: %s", problems.String())
	}
}

func TestTheProgramHasItsSecretsByAManagedIdentity(t *testing.T) {
	app := wiretest.Start(t, wiretest.Options{Tokens: true})
	set(t, app, app.Authorization(t, "admin"))
	env := slices.Concat(app.Azure.Env(wiretest.Vault), app.Azure.ClientEnv(),
		[]string{"ROTUNDA_URL=" + standin.AppURL, "ROTUNDA_AUDIENCE=" + standin.Audience, "ROTUNDA_NAMES=" + names})
	stdout, stderr, err := start(t, "sh", env...)
	if stdout != want || stderr != "" || err != nil {
		t.Errorf("%q, %v: %s", stdout, err, stderr)
	}
}
