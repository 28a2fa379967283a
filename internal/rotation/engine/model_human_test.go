package engine

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// humanActs lists what a person may do while a rotation is in progress, in steps. The explorer
// tries each step at every point.
var humanActs = map[string]func(*world) []func(){
	"sets a value that logs in": func(w *world) []func() {
		return []func(){w.humanReplaces(false), w.humanWrites(false)}
	},
	"sets one that logs in beside the others": func(w *world) []func() {
		return []func(){w.humanReplaces(true), w.humanWrites(false)}
	},
	"sets one that logs in, all at once": func(w *world) []func() {
		return []func(){func() { w.humanReplaces(false)(); w.humanWrites(true)() }}
	},
	"writes junk": func(w *world) []func() { return []func(){w.humanWrites(false)} },
	"writes junk with all tags copied": func(w *world) []func() {
		return []func(){w.humanWrites(true)}
	},
	"changes a tag": func(w *world) []func() {
		return []func(){func() { w.humanTags("note", "by hand") }}
	},
	"points the secret elsewhere and back": func(w *world) []func() {
		return []func(){func() { w.humanTags(rotation.TagProviderAddress, "sim://other") }, func() { w.humanTags(rotation.TagProviderAddress, address) }}
	},
	"points a new version elsewhere": func(w *world) []func() {
		return []func(){func() { w.humanWrites(false)(); w.humanTags(rotation.TagProviderAddress, "sim://other") }}
	},
	"deletes the secret and recovers it": func(w *world) []func() {
		return []func(){func() { w.vault.deleted[theName] = true }, func() { delete(w.vault.deleted, theName) }}
	},
	"deletes the record": func(w *world) []func() {
		return []func(){func() {
			if name := secret.PendingName(theName); len(w.vault.versions(name)) > 0 {
				w.vault.deleted[name] = true
			}
		}}
	},
	"forges a record": func(w *world) []func() {
		return []func(){w.humanForges}
	},
	"removes the rotation tags": func(w *world) []func() {
		return []func(){func() { w.humanTags(rotation.TagProviderAddress, "") }}
	},
	"disables the latest version and enables it": func(w *world) []func() {
		return []func(){func() { w.humanEnables(false) }, func() { w.humanEnables(true) }}
	},
}

// humanReplaces changes the credential at the target. A later humanWrites puts it into the vault.
func (w *world) humanReplaces(keep bool) func() {
	return func() {
		w.humanValue, w.humanID = w.target.setByHand(keep)
		w.byHand[w.humanValue] = true
	}
}

func (w *world) humanWrites(allTags bool) func() {
	return func() {
		all := w.vault.versions(theName)
		before := all[len(all)-1]
		tags := maps.Clone(before.Tags)
		if !allTags {
			delete(tags, tagOperation)
		}
		if w.humanID != "" {
			tags[rotation.TagCredentialID] = w.humanID
		}
		value := w.humanValue
		if value == "" {
			value = "app:" + w.target.password()
		}
		time.Sleep(time.Second) // Key Vault's times have whole seconds
		made, err := w.vault.set(theName, secret.Draft{Value: secret.NewValue(value), ContentType: before.ContentType, Tags: tags})
		if err == nil {
			w.byHuman[made.Version] = true
		}
		time.Sleep(time.Second)
	}
}

// humanForges writes a record that asks the engine to publish the forger's own value.
func (w *world) humanForges() {
	w.forged = "app:" + w.target.password()
	all := w.vault.versions(theName)
	now := time.Now()
	r := record{
		content:  content{Operation: newOperation(), Of: theName, Base: all[len(all)-1].Version, Fingerprint: hash(address), Value: &w.forged, At: now},
		progress: progress{state: rotation.Intent, since: now},
	}
	text, _ := r.encode()
	_, _ = w.vault.set(secret.PendingName(theName), secret.Draft{Value: secret.NewValue(text), ContentType: new(recordType), Tags: r.tags(theName)})
}

// humanTags changes one tag of the latest version.
func (w *world) humanTags(name, value string) {
	all := w.vault.versions(theName)
	latest := all[len(all)-1]
	latest.Tags = maps.Clone(latest.Tags)
	latest.Tags[name] = value
}

func (w *world) humanEnables(enabled bool) {
	all := w.vault.versions(theName)
	all[len(all)-1].Attributes.Enabled = &enabled
}

// mayMeddle lets the person take a step now, if the explorer chooses so.
func (w *world) mayMeddle() {
	for len(w.steps) > 0 && w.broken == "" && w.chooser.choose(2) == 1 {
		w.meddle()
	}
}

func (w *world) meddle() {
	w.tell("(human) %s", w.human)
	w.meddled++
	w.steps[0]()
	w.steps = w.steps[1:]
	w.count()
}

// meddledRotation is a rotation in which a person interferes, and then acts on the alarms.
func meddledRotation(w *world) {
	w.season()
	w.steps = humanActs[w.human](w)
	w.onEvent()
	w.breakSettling()
	for len(w.steps) > 0 {
		w.meddle()
	}
	w.settle()
	w.humanRepairs()
	w.endsByHand()
}

// humanRepairs does what an alarm asks for, and lets the operation go on. Where that does not
// help, the operation is cancelled.
func (w *world) humanRepairs() {
	for i := range 4 {
		r := w.record()
		if w.broken != "" || !w.needsPerson() || r.state == rotation.Attention && r.Operation == "" {
			return
		}
		if held := time.Until(w.locks[theName].until); held > 0 { // by a worker that died
			w.sleep(held + time.Second)
		}
		if w.record().open() {
			w.humanTags(rotation.TagProviderAddress, address)
		}
		if all := w.vault.versions(theName); !w.target.accepts(all[len(all)-1].Value.Reveal()) {
			w.humanReplaces(false)()
			w.humanWrites(false)()
		}
		switch {
		case i == 0 && w.record().Operation != "" && !w.record().open():
			w.restoreTags()
		case i < 2:
			w.run(Request{Name: theName, By: ByResume})
		default:
			w.cancel()
		}
		w.settle()
	}
}

// restoreTags restores lost tags by hand.
func (w *world) restoreTags() {
	k := w.newWorker("H")
	out, err := w.engine(k).RestoreTags(context.Background(), theName)
	w.hear(k, out, err)
}

// cancel cancels the operation by hand.
func (w *world) cancel() {
	k := w.newWorker("H")
	out, err := w.engine(k).Cancel(context.Background(), theName)
	w.hear(k, out, err)
}

// endsByHand checks what must hold at the end if a person interfered.
func (w *world) endsByHand() {
	if w.broken != "" {
		return
	}
	for version := range w.toReport {
		if !w.hasSaid(version) {
			w.breaks("I11", "version %s of a human's was replaced, and nothing says so", version)
		}
	}
	r, all := w.record(), w.vault.versions(theName)
	latest := all[len(all)-1]
	if r.open() {
		w.breaks("I5", "the operation ends %s: %s", r.state, r.reason)
	}
	if !w.target.accepts(latest.Value.Reveal()) && !w.byHuman[latest.Version] && !w.targetChanged() {
		w.breaks("I5", "the latest version does not log in at the end")
	}
}

func sortedHumans() []string { return slices.Sorted(maps.Keys(humanActs)) }

func TestModelHuman(t *testing.T) {
	for _, class := range allClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			for _, human := range sortedHumans() {
				explore(t, scenario{class: class, human: human}, meddledRotation)
				if !small {
					explore(t, scenario{class: class, human: human, seasoned: true}, meddledRotation)
				}
			}
		})
	}
}
