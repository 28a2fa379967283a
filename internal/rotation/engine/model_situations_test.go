package engine

import (
	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// situate notes which row of the table in docs/rotation.md a worker is about to find. Only the
// model can know that before any probe.
func (w *world) situate(*worker) {
	r := w.record()
	if !r.open() || r.state == rotation.Retiring {
		return
	}
	all := w.vault.versions(theName)
	latest := all[len(all)-1]
	found := w.situation(r, latest, w.target.accepts(r.pending().Reveal()), w.target.accepts(latest.Value.Reveal()))
	switch {
	case w.vault.deleted[theName]:
		found = "R13"
	case w.vault.deleted[secret.PendingName(theName)]:
		found = "R14"
	}
	w.situations[found] = true
}

func (w *world) situation(r record, latest *secret.Secret, ours, theirs bool) string {
	switch based := latest.Version == r.Base; {
	case latest.Tags[tagOperation] == r.Operation && theirs:
		return "R1"
	case latest.Tags[tagOperation] == r.Operation:
		return "R2"
	case based && r.state == rotation.Prepared && theirs:
		return "R3"
	case based && ours:
		return "R4"
	case based && theirs:
		return "R5"
	case based:
		return "R6"
	case latest.Tags[rotation.TagProviderAddress] != w.firstTags()[rotation.TagProviderAddress]:
		return "R11"
	case ours && theirs:
		return "R9"
	case ours:
		return "R10"
	case theirs:
		return "R8"
	}
	return "neither logs in"
}

// situateUnknown notes R7: the provider gives no answer about the new value.
func (w *world) situateUnknown(_ *worker, value string) {
	if r := w.record(); r.state == rotation.Intent && r.pending().Reveal() == value {
		w.situations["R7"] = true
	}
}
