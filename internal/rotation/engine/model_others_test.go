package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Others act at the target while a secret is rotated: its administrator's login is rotated too, a
// second secret is for the same credential, or an account belongs to somebody else.

const (
	adminName = "db-admin"
	twinName  = "db-twin"
)

// together runs workers of two secrets, each through its own lock, and then the timer until both
// have settled.
func (w *world) together(first, second string, attempts int) {
	w.turns = &turns{w: w, left: w.switches, stopped: make(chan *actor)}
	w.faults = w.budget
	for _, name := range []string{first, second} {
		w.turns.start(func(a *actor) { w.work(a, "W "+name, Request{Name: name, By: BySweep}, attempts) })
	}
	w.turns.run()
	w.faults, w.turns = 0, nil
	w.settleAll(first, second)
}

// settleAll runs the timer in a world without faults until nothing is left to do for any of the
// secrets.
func (w *world) settleAll(names ...string) {
	for range 2 * maxAttempts {
		names = slices.DeleteFunc(slices.Clone(names), w.isSettled)
		if w.broken != "" || len(names) == 0 {
			return
		}
		next := w.worksAt(names[0])
		for _, name := range names[1:] {
			if at := w.worksAt(name); at.Before(next) {
				next = at
			}
		}
		w.sleep(time.Until(next) + time.Minute)
		for _, name := range names {
			if w.sweepsUp(name) {
				w.run(Request{Name: name, By: BySweep})
			}
		}
	}
	w.breaks("I5", "%d attempts did not close the operations of %v", maxAttempts, names)
}

// adminRotates is a rotation by an administrator's login that is rotated at the same time.
func adminRotates(w *world) {
	w.together(theName, adminName, 2)
	w.ends()
	all := w.vault.versions(adminName)
	switch r := w.recordOf(adminName); {
	case w.broken != "":
	case r.state != rotation.Closed:
		w.breaks("I5", "the administrator's rotation ends %s: %s", r.state, r.reason)
	case all[len(all)-1].Value.Reveal() != w.target.admin():
		w.breaks("I5", "the administrator's latest version does not log in at the end")
	}
}

// An administrator's login is rotated at the same time as what it sets: the one waits for the
// other, and nobody is stuck.
func TestModelAdminRotates(t *testing.T) {
	for _, class := range setClasses {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			explore(t, scenario{class: class, admin: true, switches: 2}, adminRotates)
			if !small {
				explore(t, scenario{class: class, admin: true, switches: 1, budget: 1, crashes: true}, adminRotates)
			}
		})
	}
}

// twinRotates is a rotation while that of another secret for the same credential is due. One of
// them gets through. A person then does what the status of the other asks for.
func twinRotates(w *world) {
	w.together(theName, twinName, 2)
	if w.broken != "" {
		return
	}
	winner, loser := theName, twinName
	if w.owner == twinName {
		winner, loser = twinName, theName
	}
	if r := w.recordOf(winner); r.state != rotation.Closed {
		w.breaks("I5", "the operation of %s ends %s: %s", winner, r.state, r.reason)
	}
	if r := w.recordOf(loser); !strings.Contains(r.reason, "The secret "+winner+" ") && !strings.Contains(r.reason, "Set the secret to") {
		w.breaks("I24", "the record of %s does not say what to do: %s, %q", loser, r.state, r.reason)
	}
	w.humanHandsOver(winner, loser)
	w.run(Request{Name: loser, By: ByResume})
	w.settleAll(loser)
	all := w.vault.versions(loser)
	if r := w.recordOf(loser); r.state != rotation.Closed || !w.target.accepts(all[len(all)-1].Value.Reveal()) {
		w.breaks("I24", "the operation of %s ends %s: %s", loser, r.state, r.reason)
	}
}

// humanHandsOver stops rotating one secret, and sets another one to its value.
func (w *world) humanHandsOver(from, to string) {
	all := w.vault.versions(from)
	latest := all[len(all)-1]
	tags := w.firstTags()
	if id, given := latest.Tags[rotation.TagCredentialID]; given {
		tags[rotation.TagCredentialID] = id
	}
	latest.Tags = map[string]string{}
	w.owner = ""
	w.sleep(policy.Cooldown)
	made, _ := w.vault.set(to, secret.Draft{Value: latest.Value, ContentType: latest.ContentType, Tags: tags, Expires: new(w.vaultNow().Add(10 * day))})
	w.wasLatest = map[string]ending{made.Value.Reveal(): {}} // all readers move
	w.sleep(time.Minute)
}

// Two secrets are for one credential: only one of them is rotated.
func TestModelTwin(t *testing.T) {
	for _, class := range allClasses {
		if class == rotation.ValueOnly { // there, each secret has a value of its own
			continue
		}
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			explore(t, scenario{class: class, twin: true, switches: 2}, twinRotates)
			if !small {
				explore(t, scenario{class: class, twin: true, switches: 1, budget: 1, crashes: true}, twinRotates)
			}
		})
	}
}

// strangeRotation is a rotation where somebody else's account has the name of the second login,
// until a person removes that account.
func strangeRotation(w *world) {
	w.faults = w.budget
	w.onEvent()
	w.faults = 0
	w.sleepToWork()
	w.run(Request{Name: theName, By: BySweep}) // as the platform does if the first one failed
	if w.broken == "" && w.record().open() {
		w.breaks("I19", "a rotation began that would change somebody else's account")
	}
	if len(w.alarms) == 0 || !w.hasSaid("belongs to somebody else") {
		w.breaks("I22", "nobody hears of the account that stands in the way")
	}
	w.target.foreign, w.alarms = "", nil
	delete(w.target.logins, "b")
	w.run(Request{Name: theName, By: ByResume})
	w.settle()
	w.ends()
}

// An account that is not the app's is not changed. Once it is gone, one call resumes the rotation.
func TestModelStranger(t *testing.T) {
	explore(t, scenario{class: rotation.Alternating, stranger: true, budget: 1, crashes: true}, strangeRotation)
}

// mustOwn checks that only one secret changes a credential, as long as that is rotated.
func (k *worker) mustOwn(s rotation.Subject, what string) {
	if s.Name == adminName {
		return
	}
	if owner, err := k.w.vault.find(k.w.owner, ""); err != nil || !rotation.IsManaged(owner.Tags) {
		k.w.owner = s.Name
	}
	if k.w.owner != s.Name {
		k.w.breaks("I19", "%s for %s changes what is %s's", what, s.Name, k.w.owner)
	}
}

// mustIntend checks that the target changes only once an intent is on record.
func (k *worker) mustIntend(s rotation.Subject, what string) {
	for _, v := range k.w.vault.versions(secret.PendingName(s.Name)) { // the latest may be another worker's
		if k.w.intended[v.Tags[tagOperation]] {
			return
		}
	}
	k.w.breaks("I1", "%s before any intent is on record", what)
}

// mustNotRepeat checks that a wrong password is not sent to a target that refused it before the
// rotation whose record the worker has read.
func (k *worker) mustNotRepeat(value string) {
	if value == decoy && k.found.Tags[tagOperation] != "" && k.w.human == "" {
		k.w.breaks("I14", "%s sends a wrong password again, which the target has refused before", k.name)
	}
}
