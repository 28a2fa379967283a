package bicep

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// pinned matches an extension in a registry, with its version.
var pinned = regexp.MustCompile(`^br:[a-z0-9./-]+:[0-9]+\.[0-9]+\.[0-9]+$`)

// checkExtensions reports extensions that are not configured, or have no version. The compiler
// reads the nearest bicepconfig.json (MicrosoftDocs/azure-docs, bicep-config.md).
func (s *scope) checkExtensions() {
	if len(s.file.Extensions) == 0 {
		return
	}
	path, text := s.config(filepath.Dir(s.file.Path))
	var config struct{ Extensions map[string]string }
	if err := json.Unmarshal(text, &config); err != nil {
		s.failf(0, "%s: %v", path, err)
	}
	for _, alias := range s.file.Extensions {
		if place := config.Extensions[alias]; !pinned.MatchString(place) {
			s.failf(0, "%s says %q of the extension %s: it must be br:<place>:<version>", path, place, alias)
		}
	}
}

// config returns the bicepconfig.json in a folder, or in the nearest one above that has it.
func (s *scope) config(folder string) (path string, text []byte) {
	path = filepath.Join(folder, "bicepconfig.json")
	text, err := os.ReadFile(path)
	parent := filepath.Dir(folder)
	switch {
	case err == nil:
		return path, text
	case !errors.Is(err, fs.ErrNotExist) || parent == folder || folder == ".":
		s.failf(0, "an extension needs a bicepconfig.json: %v", err)
	}
	return s.config(parent)
}
