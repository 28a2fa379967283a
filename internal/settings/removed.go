package settings

import (
	"maps"
	"slices"
)

// removedSettings are the settings of earlier versions, and what replaced them.
var removedSettings = map[string]string{
	"ROTATION_SWEEP_SCHEDULE": "the schedule of sweep is in sweep/function.json, every ten minutes",
}

// removed returns a line for each removed setting that is still set.
func (r *reader) removed() (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(removedSettings)) {
		if r.getenv(name) != "" {
			lines = append(lines, "the setting "+name+" has no effect: "+removedSettings[name]+"; remove the setting")
		}
	}
	return lines
}
