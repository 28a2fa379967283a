package azurekeys

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// proof says how a key is tried where it is used. The request changes nothing there.
type proof struct {
	place place
	// unfit says why a key of a resource can't be tried, or "". Nil: every key can.
	unfit func(with signing) string
	// also is what has to be read besides the resource; nil if nothing.
	also *also
	// sign makes a request that the key signs; nil for Redis.
	sign func(with signing) (*http.Request, error)
	// contrast is set where an answer might be the same for any key: an accepted key counts only if
	// one that was made up is refused.
	contrast bool
	// judge tells what the response says of the key.
	judge func(with signing, r reply) (rotation.Verdict, error)
	// speak is in place of both for what speaks no HTTP.
	speak func(ctx context.Context, p planes, with signing) (rotation.Verdict, error)
}

// place says where the data plane of a resource is.
type place struct {
	property string    // of the resource, which has the host or a URL
	suffixes [3]string // of hosts, by cloud; "" where it is not known
	others   []string  // suffixes that the property's host may have, too
	byName   bool      // the host is the resource's name and the suffix
	fixed    bool      // the suffixes are whole hosts, which all resources share
	port     string    // the property that has the port; "" for the usual one
}

// also is a resource that is read besides the one with the keys. The description of that has it
// under a name.
type also struct {
	name string
	path func(t target) string // its id, or "" if it is not needed
}

// The clouds, as indexes of place.suffixes.
const (
	public = iota
	china
	government
)

// cloudOf returns the cloud of Azure Resource Manager's host.
func cloudOf(host string) int {
	switch {
	case strings.HasSuffix(host, ".chinacloudapi.cn"):
		return china
	case strings.HasSuffix(host, ".usgovcloudapi.net"):
		return government
	}
	return public
}

// planes reaches data planes. They get a key's signature, or the key itself, and never the app's
// token.
type planes struct {
	client *http.Client
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	cloud  int
	roots  *x509.CertPool
}

// signing is what a request is made from.
type signing struct {
	target
	host string
	key  string
	name string // of the resource, as Azure spells it: the tag may have it in another case
	id   string // App Configuration's id of the key
	// about is the resource; nil if the app may not read it.
	about properties
	// guessed is set if the host is the usual one. A storage account in another zone of DNS has
	// another (learn.microsoft.com/azure/storage/blobs/storage-blob-query-endpoint-srp), and a
	// registry may have a label in it (az acr create --dnl-scope).
	guessed bool
}

// reply is what a data plane said.
type reply struct {
	status int
	reason string // as HTTP/1.1 has it beside the status
	header http.Header
	body   string
}

const maxReply = 64 << 10

// hostOf returns the host of a resource's data plane, or "" if it is not known, and whether it is
// only the usual one.
func (p place) hostOf(cloud int, t target, about properties) (host string, guessed bool) {
	if p.fixed {
		return p.suffixes[cloud], false
	}
	if host = p.told(cloud, about); host != "" {
		return host, false
	}
	if !p.byName || p.suffixes[cloud] == "" {
		return "", false
	}
	return strings.ToLower(t.segment(7)) + "." + p.suffixes[cloud], p.property != ""
}

// told returns the host that a property has, or "". It counts only if the host is one of the
// service's.
func (p place) told(cloud int, about properties) string {
	text, _ := about.at(p.property).(string)
	if parsed, err := url.Parse(text); err == nil && parsed.Host != "" {
		text = parsed.Host
	}
	text = strings.ToLower(strings.TrimSuffix(text, ":443"))
	for _, suffix := range append([]string{p.suffixes[cloud]}, p.others...) {
		if suffix != "" && strings.HasSuffix(text, "."+suffix) && !strings.ContainsAny(text, "/@:?#") {
			return text
		}
	}
	return ""
}

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
