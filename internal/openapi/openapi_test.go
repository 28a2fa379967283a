package openapi_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"rotunda/internal/needed"
	"rotunda/internal/openapi"
)

var update = flag.Bool("update", false, "write docs/openapi.json")

func TestTheDescriptionIsThatOfTheCode(t *testing.T) {
	want, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(needed.Root(t), "docs", "openapi.json")
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/openapi.json differs from the code. Write it anew: go test ./internal/openapi -update")
	}
}

func TestTheDescriptionIsValid(t *testing.T) {
	text, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Error(err)
	}
}

// The app refuses a stage where the path has a version.
func TestAVersionHasNoStage(t *testing.T) {
	text, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"/secrets/{name}": true, "/secrets/{name}/{version}": false} {
		if got := document.Paths.Value(path).Get.Parameters.GetByInAndName("query", "stage") != nil; got != want {
			t.Errorf("%s has a stage: %t", path, got)
		}
	}
}
