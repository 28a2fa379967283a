package engine

import (
	"maps"
	"slices"
	"strings"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// These are the invariants that hold at every instant. They are checked before and after each call
// of a worker, so that they do not blame the engine for what a person does in between.

// sight is the state before or after a call.
type sight struct {
	latest   *secret.Secret
	enabled  bool
	tags     map[string]string
	valid    bool // the latest version logs in
	accepted []string
}

func (w *world) observe() sight {
	all := w.vault.versions(theName)
	latest := all[len(all)-1]
	return sight{
		latest: latest, enabled: *latest.Attributes.Enabled, tags: latest.Tags, valid: w.target.accepts(latest.Value.Reveal()),
		accepted: w.target.accepted(),
	}
}

func (w *world) compare(before sight, what string) {
	after := w.observe()
	if w.target.foreign != "" && !w.target.accepts(w.target.foreign) {
		w.breaks("I19", "%s changes somebody else's account", what)
	}
	if w.owner != "" && w.owner != theName { // the credential is another secret's
		return
	}
	if before.valid && !after.valid && (w.class != rotation.Single || !strings.HasPrefix(strings.TrimPrefix(what, "W1 "), "Apply")) {
		w.breaks("I2", "%s makes the latest version invalid", what)
	}
	if before.latest == after.latest && !w.incident && (before.enabled && !after.enabled || !maps.Equal(before.tags, after.tags)) {
		w.breaks("I4", "%s disables the latest version, or changes its tags", what)
	}
	for _, value := range before.accepted {
		if !slices.Contains(after.accepted, value) {
			w.died(value, what, before.valid)
		}
	}
	for _, value := range after.accepted {
		if !w.known[value] && !w.byHand[value] && !w.canBeRemoved(value) {
			w.breaks("I1", "after %s the target accepts %s, which is nowhere in the vault", what, value)
		}
	}
}

// died checks a value that no longer logs in: if readers may hold it, its grace period must have
// ended. If a person and the engine gave one login two passwords at the same moment, the one in
// the latest version wins.
func (w *world) died(value, what string, latestValid bool) {
	if w.byHand[value] && !latestValid {
		return
	}
	ended, held := w.wasLatest[value]
	if held && !w.incident && w.class != rotation.Single && (ended.at.IsZero() || time.Now().Before(ended.at.Add(policy.Grace))) {
		w.breaks("I8", "%s kills %s, which readers may hold", what, value)
	}
}

// canBeRemoved reports whether a value that the vault does not hold can still be found and
// removed: the provider lists its own keys, and what a recorded operation issued.
func (w *world) canBeRemoved(value string) bool {
	if w.class == rotation.DualKey {
		return true
	}
	for _, i := range w.target.issued {
		if i.value == value {
			return i.operation == "" || slices.ContainsFunc(w.vault.versions(secret.PendingName(theName)), func(v *secret.Secret) bool {
				return v.Tags[tagOperation] == i.operation
			})
		}
	}
	return false
}

// latestIs notes that a value is the latest now, and when the one before stopped being that.
func (w *world) latestIs(before, made string) {
	if before == made {
		return
	}
	if before != "" {
		w.wasLatest[before] = ending{time.Now()}
	}
	w.wasLatest[made] = ending{}
}

// mustBeOwn checks that the engine never does what a forged record asks for.
func (w *world) mustBeOwn(what, value string) {
	if w.forged != "" && value == w.forged {
		w.breaks("I21", "%s, as a forged record asks", what)
	}
}

// published checks a version that a worker has written on top of before. read is the version that
// the worker had seen.
func (k *worker) published(before *secret.Secret, made, read secret.Secret) {
	w, op := k.w, made.Tags[tagOperation]
	w.mustBeOwn("publish", made.Value.Reveal())
	if value := made.Value.Reveal(); !w.target.accepts(value) && k.isUpToDate() {
		w.breaks("I2", "%s publishes %s, which does not log in", k.name, value)
	}
	if first, known := w.published[op]; known && first != made.Value.Reveal() && w.class != rotation.DualKey && w.class != rotation.Issued {
		w.breaks("I7", "operation %d publishes two values", w.operation(op))
	}
	w.published[op] = made.Value.Reveal()
	k.mustExpire(made)
	if !maps.Equal(withoutOurs(made.Tags), withoutOurs(read.Tags)) || *made.ContentType != *read.ContentType || !*made.Attributes.Enabled {
		w.breaks("I4", "%s publishes a version without what users put on the one before", k.name)
	}
	if !w.byHuman[before.Version] || before.Version == w.baseOf(op) {
		return
	}
	w.toReport[before.Version] = true
	if k.looked == w.meddled && w.target.accepts(before.Value.Reveal()) {
		w.breaks("I11", "%s replaces version %s of a human's, which it has seen and which logs in", k.name, before.Version)
	}
}

func withoutOurs(tags map[string]string) map[string]string {
	users := maps.Clone(tags)
	maps.DeleteFunc(users, func(name, _ string) bool { return name == tagOperation || name == rotation.TagCredentialID })
	return users
}

// baseOf returns the version that an operation was to replace.
func (w *world) baseOf(operation string) string {
	for _, v := range w.vault.versions(secret.PendingName(theName)) {
		if r, err := parseRecord(*v); err == nil && r.Operation == operation {
			return r.Base
		}
	}
	return ""
}

// mustKnow checks that every probe of the worker had an answer before it gives up a credential or
// makes another one. Apply is exempt, because it repeats the value on record.
func (k *worker) mustKnow(what string) {
	if k.unknown && !strings.HasPrefix(what, "Apply") {
		k.w.breaks("I9", "%s after a probe without an answer", what)
	}
}

// mustHaveLatest checks that the latest version logs in before an old credential is made invalid.
func (k *worker) mustHaveLatest(what string) {
	if k.isUpToDate() && !k.w.observe().valid {
		k.w.breaks("I2", "%s while the latest version does not log in", what)
	}
}

// mustYieldToValid checks that the version for which the operation's own credential is given up
// logs in.
func (k *worker) mustYieldToValid() {
	if k.isUpToDate() && !k.w.observe().valid {
		k.w.breaks("I2", "%s leaves the new credential to be retired while the latest version does not log in", k.name)
	}
}

// mustExpire checks that a published version expires when its tags say so, and so is rotated in
// turn.
func (k *worker) mustExpire(made secret.Secret) {
	if at := made.Attributes.Expires; at == nil || at.Sub(time.Now().Add(60*day)).Abs() > time.Hour { // it may land late
		k.w.breaks("I6", "%s publishes a version that expires %v", k.name, at)
	}
}

// mustHaveHidden checks that readers can no longer get what was retired, and nobody the value of
// an older record, unless a fault has kept the engine from hiding that.
func (w *world) mustHaveHidden() {
	if w.class != rotation.Single && w.class != rotation.ValueOnly { // there, nothing is retired
		for _, r := range w.rotations() {
			if base, err := w.vault.find(theName, r.Base); err == nil && *base.Attributes.Enabled {
				w.breaks("I20", "version %s is retired and still enabled", r.Base)
			}
		}
	}
	if records := w.vault.versions(secret.PendingName(theName)); w.budget == 0 && w.switches == 0 {
		for _, older := range records[:len(records)-1] {
			if *older.Attributes.Enabled {
				w.breaks("I10", "the record %s is over and still shows its value", older.Version)
			}
		}
	}
}

// rotations returns the records of the operations that were published.
func (w *world) rotations() (all []record) {
	for _, v := range w.vault.versions(secret.PendingName(theName)) {
		if r, err := parseRecord(*v); err == nil && w.published[r.Operation] != "" {
			all = append(all, r)
		}
	}
	return all
}

// mustHaveNoted checks what the record says of a rotation that succeeded. An attempt that dies
// right after it published can't note the exposure, which is estimated then.
func (w *world) mustHaveNoted(r record) {
	if r.lastSuccess.Before(r.At) {
		w.breaks("I23", "the record says that the last success was at %s, and the rotation began at %s", r.lastSuccess, r.At)
	}
	if w.class == rotation.Single && w.budget == 0 && w.switches == 0 && r.exposure <= 0 {
		w.breaks("I23", "the record says that readers were never exposed")
	}
}

// mustNotDeny checks that a failure of a rotation that is on record is not called one that never
// began.
func (k *worker) mustNotDeny(note string) {
	w := k.w
	if r := w.record(); strings.HasPrefix(note, "The rotation has not begun") && r.open() && !r.At.Before(k.began) && w.turns == nil && w.landed == 0 {
		w.breaks("I23", "%s says that the rotation has not begun, and it is on record", k.name)
	}
}

// mustMean checks that an operation stays at the target that it started with.
func (k *worker) mustMean(s rotation.Subject) {
	if r := k.w.recordOf(s.Name); r.Fingerprint != hash(s.Address) {
		k.w.breaks("R11", "an operation moves to another target")
	}
}

func (k *worker) wasRejected(value string) {
	if k.rejected[value] {
		k.w.breaks("I14", "%s logs in with %s again, which was rejected", k.name, value)
	}
	k.rejected[value] = true
}

func (w *world) mustHide(where, text string) {
	if strings.Contains(text, canary) {
		w.breaks("I10", "%s shows a value: %s", where, text)
	}
}

func (w *world) saidToo(text string) {
	w.said = append(w.said, text)
}

// record returns the latest record in the vault.
func (w *world) record() record { return w.recordOf(theName) }

func (w *world) recordOf(name string) record {
	all := w.vault.versions(secret.PendingName(name))
	if len(all) == 0 {
		return record{}
	}
	r, _ := parseRecord(*all[len(all)-1])
	return r
}

func (w *world) hasSaid(text string) bool {
	return slices.ContainsFunc(w.said, func(said string) bool { return strings.Contains(said, text) })
}

// targetChanged reports whether a person gave the target a value and has not put it into the
// vault.
func (w *world) targetChanged() bool { return w.humanValue != "" && !w.known[w.humanValue] }
