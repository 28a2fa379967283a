package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// writeSBOM lists the modules in the binary, in CycloneDX's format.
func (r *release) writeSBOM(ctx context.Context) error {
	listed, err := filepath.Abs(filepath.Join(r.temp, "sbom.json"))
	if err != nil {
		return err
	}
	_, err = output(ctx, r.repo, "tool", "-modfile=tools/publish.mod", "cyclonedx-gomod", "bin",
		"-json", "-noserial", "-notimestamp", "-version", r.tag, "-output", listed, filepath.Join(r.roots["keys"], r.binary))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(listed)
	if err != nil {
		return err
	}
	if text, err = withoutTool(text); err != nil {
		return err
	}
	file, err := r.create("sbom.cdx.json")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// withoutTool removes the hashes of the program that made an SBOM, because each machine builds it
// for itself.
func withoutTool(text []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("the SBOM is not JSON: %w", err)
	}
	metadata, _ := document["metadata"].(map[string]any)
	tools, _ := metadata["tools"].([]any)
	for _, tool := range tools {
		if fields, ok := tool.(map[string]any); ok {
			delete(fields, "hashes")
		}
	}
	return json.MarshalIndent(document, "", "  ")
}
