package azurekeys

import (
	"cmp"
	"context"
	"crypto/x509"
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
	kinds []string // of the resource whose keys can be tried; nil for all
	// sign makes a request that the key signs; nil for Redis.
	sign func(with signing) (*http.Request, error)
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
	id   string // App Configuration's id of the key
}

// reply is what a data plane said.
type reply struct {
	status int
	header http.Header
	body   string
}

const maxReply = 64 << 10

// hostOf returns the host of a resource's data plane, or "" if it is not known. What a property
// says counts only if the host is one of the service's.
func (p place) hostOf(cloud int, t target, about properties) string {
	if p.fixed {
		return p.suffixes[cloud]
	}
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
	if !p.byName || p.suffixes[cloud] == "" {
		return ""
	}
	return strings.ToLower(t.segment(7)) + "." + p.suffixes[cloud]
}

// Probe implements rotation.Prober. A key of a pair is tried where it is used, if that can be done;
// any other is looked for in Azure's list.
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
	if !t.proof.fits(about) {
		return r.lookUp(ctx, t, value)
	}
	return r.try(ctx, t, value, about)
}

// fits reports whether keys of a resource of this kind can be tried. What is not known is tried.
func (p *proof) fits(about properties) bool {
	kind, _ := about.at("kind").(string)
	return p.kinds == nil || kind == "" || slices.Contains(p.kinds, kind)
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
	with := signing{target: t, key: tried.Value.Reveal(), host: t.proof.place.hostOf(r.planes.cloud, t, about)}
	if with.host == "" {
		return rotation.Unknown, rotation.Permanentf("The app does not know the address of %s, because it may not read the resource, or the resource is of a kind whose keys can't be tried. Let it read the resource, or set the tag %s to none.", t.what(), rotation.TagKeyProof)
	}
	if t.byID {
		if with.id, err = r.idOfValue(ctx, t, with.key); err != nil {
			return rotation.Unknown, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if t.proof.speak != nil {
		return t.proof.speak(ctx, r.planes, with)
	}
	return r.planes.ask(ctx, t.proof, with)
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

// ask sends one signed request.
func (p planes) ask(ctx context.Context, proof *proof, with signing) (rotation.Verdict, error) {
	request, err := proof.sign(with)
	if err != nil {
		return rotation.Unknown, rotation.Permanentf("The key of %s does not have the form of one, so it can't sign a request.", with.what())
	}
	response, err := p.client.Do(request.WithContext(ctx))
	if err != nil {
		return rotation.Unknown, with.unreachable()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return rotation.Unknown, with.unreachable()
	}
	return proof.judge(with, reply{response.StatusCode, response.Header, string(body)})
}

func (with signing) unreachable() error {
	return rotation.Temporaryf("The app can't reach %s to try the key. Let it (DNS, outbound rules, the resource's firewall or private endpoint), or set the tag %s to none.", with.host, rotation.TagKeyProof)
}
