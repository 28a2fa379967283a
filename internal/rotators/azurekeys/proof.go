package azurekeys

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"strings"

	"rotunda/internal/rotation"
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
