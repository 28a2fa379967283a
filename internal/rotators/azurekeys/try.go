package azurekeys

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Probe implements rotation.Prober. A key of a pair is tried where it is used, if that can be
// done; any other is looked for in Azure's list.
func (r *Rotator) Probe(ctx context.Context, s rotation.Subject, value secret.Value) (rotation.Verdict, error) {
	t, err := readTarget(s)
	if err != nil {
		return rotation.Unknown, err
	}
	if !t.proven {
		return r.lookUp(ctx, t, value)
	}
	about, err := r.describe(ctx, t)
	if err == nil {
		err = t.checkOff(about)
	}
	if err != nil {
		return rotation.Unknown, err
	}
	if r.unfit(t, about) != "" {
		return r.lookUp(ctx, t, value)
	}
	return r.try(ctx, t, value, about)
}

// unfit returns why a key can't be tried where it is used, or "".
func (r *Rotator) unfit(t target, about properties) string {
	if t.proof.unfit == nil {
		return ""
	}
	return t.proof.unfit(r.signing(t, about))
}

// addressUnknown is for resources whose address only Azure knows.
func addressUnknown(with signing) string {
	if with.host == "" {
		return "the app may not read its address, or does not know addresses of that form"
	}
	return ""
}

// blobless is for storage accounts that have other services only, such as those of the kind
// FileStorage (learn.microsoft.com/azure/storage/common/storage-account-overview).
func blobless(with signing) string {
	endpoints, told := with.about.at("properties.primaryEndpoints").(map[string]any)
	if _, found := endpoints["blob"]; told && !found {
		return "it has no blob service"
	}
	return ""
}

// ofKind is for services of whose resources only some kinds are known. What is not known is tried.
func ofKind(kinds ...string) func(signing) string {
	return func(with signing) string {
		kind, _ := with.about.at("kind").(string)
		if kind == "" || slices.Contains(kinds, kind) {
			return ""
		}
		return "keys of its kind can't be tried"
	}
}

// signing returns what a request is made from, without a key.
func (r *Rotator) signing(t target, about properties) signing {
	host, guessed := t.proof.place.hostOf(r.planes.cloud, t, about)
	return signing{target: t, about: about, host: host, guessed: guessed}
}

// lookUp finds a value in Azure's list.
func (r *Rotator) lookUp(ctx context.Context, t target, value secret.Value) (rotation.Verdict, error) {
	tried, err := t.parse(value)
	if err != nil {
		return rotation.Unknown, err
	}
	all, err := r.listKeys(ctx, t)
	if err != nil {
		return rotation.Unknown, err
	}
	for _, k := range all {
		if k.value != "" && tried.Value.Equal(secret.NewValue(k.value)) {
			return rotation.Accepted, nil
		}
	}
	return rotation.Rejected, nil
}

// try has the data plane accept or reject a key.
func (r *Rotator) try(ctx context.Context, t target, value secret.Value, about properties) (rotation.Verdict, error) {
	tried, err := t.parse(value)
	if err != nil {
		return rotation.Unknown, err
	}
	with := r.signing(t, about)
	with.key = tried.Value.Reveal()
	if with.host == "" {
		return rotation.Unknown, rotation.Permanentf("The app does not know the address of %s, because it may not read the resource, or the resource is of a kind whose keys can't be tried. Let it read the resource, or set the tag %s to none.", t.what(), rotation.TagKeyProof)
	}
	if with.name, err = r.nameOf(ctx, t, about); err != nil {
		return rotation.Unknown, err
	}
	if t.byID {
		if with.id, err = r.idOfValue(ctx, t, with.key); err != nil {
			return rotation.Unknown, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	verdict, err := r.planes.have(ctx, t.proof, with)
	if verdict == rotation.Rejected && with.guessed {
		return rotation.Unknown, rotation.Temporaryf("%s refuses the key, but need not be where %s is: the app may not read that. Let it read the resource, or set the tag %s to none.", with.host, t.what(), rotation.TagKeyProof)
	}
	return verdict, err
}

// have has the data plane say what it thinks of a key.
func (p planes) have(ctx context.Context, proof *proof, with signing) (rotation.Verdict, error) {
	if proof.speak != nil {
		return proof.speak(ctx, p, with)
	}
	return p.ask(ctx, proof, with)
}

// nameOf returns the name of a resource as Azure spells it, which is signed. The list of the keys
// of a rule has it as keyName, and that of a registry as username.
func (r *Rotator) nameOf(ctx context.Context, t target, about properties) (string, error) {
	typed := t.segment(strings.Count(t.id, "/") - 1)
	if name, _ := about.at("name").(string); strings.EqualFold(name, typed) {
		return name, nil
	}
	if t.nameIn == "" {
		return typed, nil
	}
	found, err := r.arm.do(ctx, r.listing(t))
	if err != nil {
		return "", err
	}
	all, _ := fields(found.body) // without the name, the typed one is all there is
	if name := all[strings.ToLower(t.nameIn)].value; strings.EqualFold(name, typed) {
		return name, nil
	}
	return typed, nil
}

// idOfValue returns the id by which App Configuration knows a key, by its value.
func (r *Rotator) idOfValue(ctx context.Context, t target, value string) (string, error) {
	all, err := r.listKeys(ctx, t)
	for _, k := range all {
		if k.value == value {
			return k.id, nil
		}
	}
	return "", cmp.Or(err, error(rotation.Temporaryf("Azure no longer lists the key of %s.", t.what())))
}

// ask sends one signed request; in contrast, a second one with another key.
func (p planes) ask(ctx context.Context, proof *proof, with signing) (rotation.Verdict, error) {
	found, err := p.send(ctx, proof, with)
	if err != nil {
		return rotation.Unknown, err
	}
	verdict, err := proof.judge(with, found)
	if verdict == rotation.Rejected && found.isOfAnotherTime() {
		return rotation.Unknown, with.clockIsOff()
	}
	if verdict != rotation.Accepted || !proof.contrast {
		return verdict, err
	}
	with.key = madeUp()
	other, err := p.send(ctx, proof, with)
	switch {
	case err != nil:
		return rotation.Unknown, err
	case other.status != http.StatusUnauthorized:
		return rotation.Unknown, with.unclear(other)
	}
	return rotation.Accepted, nil
}

// madeUp returns a key that nobody has, in the usual form.
func madeUp() string {
	made := make([]byte, 32)
	_, _ = rand.Read(made) // never fails: crypto/rand ends the program instead
	return base64.StdEncoding.EncodeToString(made)
}

func (p planes) send(ctx context.Context, proof *proof, with signing) (reply, error) {
	request, err := proof.sign(with)
	if err != nil {
		return reply{}, rotation.Permanentf("The key of %s does not have the form of one, so it can't sign a request.", with.what())
	}
	response, err := p.client.Do(request.WithContext(ctx))
	if err != nil {
		return reply{}, with.unreachable()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return reply{}, with.unreachable()
	}
	return reply{response.StatusCode, response.Status, response.Header, string(body)}, nil
}

func (with signing) unreachable() error {
	return rotation.Temporaryf("The app can't reach %s to try the key. Let it (DNS, outbound rules, the resource's firewall or private endpoint), or set the tag %s to none.", with.host, rotation.TagKeyProof)
}
