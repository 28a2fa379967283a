// Package kubernetes_test plays External Secrets' webhook provider for the manifests beside it.
package kubernetes_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"

	"rotunda/internal/standin/host"
	"rotunda/internal/wiretest"
)

func TestMain(m *testing.M) { wiretest.Main(m) }

// manifest is what the operator reads of a SecretStore or an ExternalSecret.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Provider struct {
			Webhook struct {
				URL     string
				Headers map[string]string
				Result  struct {
					JSONPath string `yaml:"jsonPath"`
				}
				Secrets []struct{ Name string }
			}
		}
		SecretStoreRef struct{ Kind, Name string } `yaml:"secretStoreRef"`
		Target         struct{ Name string }
		Data           []struct {
			SecretKey string               `yaml:"secretKey"`
			RemoteRef struct{ Key string } `yaml:"remoteRef"`
		}
	}
}

func manifests(t *testing.T) map[string]manifest {
	t.Helper()
	text, err := os.ReadFile("rotunda.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]manifest{}
	for part := range strings.SplitSeq(string(text), "\n---\n") {
		var m manifest
		if err := yaml.Unmarshal([]byte(part), &m); err != nil {
			t.Fatal(err)
		}
		found[m.Kind] = m
	}
	return found
}

// The operator fills the templates in with the key's Secret and the reference, sends the request,
// and takes what the path names (external-secrets, docs/provider/webhook.md).
func TestTheOperatorReadsTheSecret(t *testing.T) {
	keys := host.Keys{Master: "master", Functions: map[string]map[string]string{
		"getsecret": {"default": "reads"}, "setsecret": {"default": "sets"},
	}}
	app := wiretest.Start(t, wiretest.Options{Keys: &keys})
	if got := app.Do(t, http.MethodPut, "/secrets/payments-db", `{"value":"canary-db"}`, "x-functions-key: sets"); got.Status != http.StatusOK {
		t.Fatal(got)
	}
	all := manifests(t)
	store, wanted := all["SecretStore"], all["ExternalSecret"]
	if ref := wanted.Spec.SecretStoreRef; ref.Kind != store.Kind || ref.Name != store.Metadata.Name {
		t.Errorf("the ExternalSecret refers to %s %q", ref.Kind, ref.Name)
	}
	hook := store.Spec.Provider.Webhook
	if len(hook.Secrets) != 1 || len(wanted.Spec.Data) != 1 {
		t.Fatalf("the store has the secrets %v, the ExternalSecret the data %v", hook.Secrets, wanted.Spec.Data)
	}
	for key, status := range map[string]int{"reads": http.StatusOK, "wrong": http.StatusUnauthorized} {
		data := map[string]any{
			"remoteRef":          map[string]string{"key": wanted.Spec.Data[0].RemoteRef.Key},
			hook.Secrets[0].Name: map[string]string{"key": key},
		}
		var headers []string
		for name, value := range hook.Headers {
			headers = append(headers, name+": "+fill(t, value, data))
		}
		url := strings.Replace(fill(t, hook.URL, data), "https://rotunda.azurewebsites.net/api", app.URL, 1)
		got := app.Do(t, http.MethodGet, url, "", headers...)
		if got.Status != status {
			t.Fatalf("with the key %q: %v", key, got)
		}
		if status == http.StatusOK {
			if value := at(t, got.Body, hook.Result.JSONPath); value != "canary-db" {
				t.Errorf("the operator takes %q", value)
			}
		}
	}
}

func fill(t *testing.T, text string, data any) string {
	t.Helper()
	parsed, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var filled strings.Builder
	if err := parsed.Execute(&filled, data); err != nil {
		t.Fatal(err)
	}
	return filled.String()
}

// at returns the field that a path such as $.value names.
func at(t *testing.T, body, path string) any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	return document[strings.TrimPrefix(path, "$.")]
}
