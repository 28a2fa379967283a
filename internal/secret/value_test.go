package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"rotunda/internal/secret"
)

const canary = "canary-7c1e2f"

type holder struct {
	Exported   secret.Value
	unexported secret.Value
	pointer    *secret.Value
}

func TestValueCannotBePrinted(t *testing.T) {
	value := secret.NewValue(canary)
	held := holder{value, value, &value}
	things := map[string]any{
		"value": value, "pointer": &value, "slice": []secret.Value{value},
		"map": map[string]secret.Value{"k": value}, "struct": held, "struct pointer": &held,
		"secret": secret.Secret{Value: value}, "draft": secret.Draft{Value: value}, "error": fmt.Errorf("bad: %v", value),
	}
	for name, thing := range things {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10s", "%c", "%b", "%e"} {
			mustNotShow(t, name+" "+verb, fmt.Sprintf(verb, thing))
		}
		mustNotShow(t, name+" Sprint", fmt.Sprint(thing))
		asJSON, err := json.Marshal(thing)
		if err == nil {
			mustNotShow(t, name+" json", string(asJSON))
		}
		asXML, err := xml.Marshal(thing)
		if err == nil {
			mustNotShow(t, name+" xml", string(asXML))
		}
		mustNotShow(t, name+" slog", logged(thing))
	}
}

func logged(thing any) string {
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("line", "thing", thing)
	slog.New(slog.NewTextHandler(&out, nil)).Info("line", "thing", thing)
	return out.String()
}

func mustNotShow(t *testing.T, how, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(text, form) {
			t.Errorf("%s shows the value: %s", how, text)
		}
	}
}

func TestValueReveals(t *testing.T) {
	if got := secret.NewValue(canary).Reveal(); got != canary {
		t.Errorf("Reveal() = %q", got)
	}
	var none secret.Value
	if none.IsSet() || none.Reveal() != "" || none.Equal(secret.NewValue("")) {
		t.Error("the zero Value must be apart from an empty one")
	}
	if !secret.NewValue("a").Equal(secret.NewValue("a")) || secret.NewValue("a").Equal(secret.NewValue("b")) {
		t.Error("Equal compares the texts")
	}
}
