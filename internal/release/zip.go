package main

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"rotunda/internal/stage"
)

// writeZips writes a zip for each app root.
func (r *release) writeZips(context.Context) error {
	for _, signIn := range slices.Sorted(maps.Keys(r.roots)) {
		if err := stage.Zip(r.roots[signIn], filepath.Join(r.dir, r.add(goos+"_"+goarch+"_"+signIn+".zip"))); err != nil {
			return err
		}
	}
	return nil
}
