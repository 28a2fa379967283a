package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
)

// writeSBOM lists the modules in the binary and Go's standard library, in CycloneDX's format.
func (r *release) writeSBOM(ctx context.Context) error {
	listed, err := filepath.Abs(filepath.Join(r.temp, "sbom.json"))
	if err != nil {
		return err
	}
	binary := filepath.Join(r.roots["keys"], r.binary)
	_, err = output(ctx, r.repo, "tool", "-modfile=tools/publish.mod", "cyclonedx-gomod", "bin",
		"-std", "-json", "-noserial", "-notimestamp", "-version", r.tag, "-output", listed, binary)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(listed)
	if err != nil {
		return err
	}
	if err := isComplete(text, info); err != nil {
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

// isComplete returns an error if an SBOM lacks something that is in a binary.
func isComplete(text []byte, info *debug.BuildInfo) error {
	var document struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("the SBOM is not JSON: %w", err)
	}
	listed := map[string]bool{}
	for _, component := range document.Components {
		listed[component.Name+" "+component.Version] = true
	}
	for _, module := range append([]*debug.Module{{Path: "std", Version: info.GoVersion}}, info.Deps...) {
		if module.Replace != nil {
			module = module.Replace
		}
		if !listed[module.Path+" "+module.Version] {
			return fmt.Errorf("the SBOM does not list %s %s, which is in the binary", module.Path, module.Version)
		}
	}
	return nil
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
