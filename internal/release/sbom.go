package main

import (
	"context"
	"path/filepath"
)

// writeSBOM lists the modules in the binary, in CycloneDX's format, without the number and the time
// that would differ between two builds.
func (r *release) writeSBOM(ctx context.Context) error {
	file, err := r.create("sbom.cdx.json")
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	to, err := filepath.Abs(file.Name())
	if err != nil {
		return err
	}
	_, err = output(ctx, r.repo, "tool", "-modfile=tools/publish.mod", "cyclonedx-gomod", "bin",
		"-json", "-noserial", "-notimestamp", "-version", r.tag, "-output", to, filepath.Join(r.roots["keys"], r.binary))
	return err
}
