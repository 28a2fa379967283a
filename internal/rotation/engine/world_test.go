package engine

import (
	"testing"
	"testing/synctest"
)

// inWorld runs one story in a world of the model, without faults.
func inWorld(t *testing.T, s scenario, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(s, &chooser{}, newTally())
		story(w)
		if w.broken != "" {
			t.Errorf("%s\n%s", w.broken, w.story())
		}
	})
}

// tag sets a tag of the latest version; the value "" removes it.
func (w *world) tag(name, value string) {
	w.humanTags(name, value)
	if all := w.vault.versions(theName); value == "" {
		delete(all[len(all)-1].Tags, name)
	}
}
