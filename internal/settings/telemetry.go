package settings

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Telemetry says where the app sends telemetry, and how much. The Functions host reads the same
// settings if its own telemetry is on (host.json, telemetryMode), so a value that only the host
// supports must not keep the app from starting.
type Telemetry struct {
	Endpoint     string // "" turns telemetry off
	Service      string
	Headers      map[string]string
	GRPC         bool    // requested but unsupported
	Share        float64 // of requests that are traced
	IgnoreParent bool

	// Problems are why telemetry is off, each with its setting's name. They never keep the app
	// from starting.
	Problems []error
}

const defaultShare = 0.01

func readTelemetry(getenv func(string) string) Telemetry {
	r := &reader{getenv: getenv}
	t := Telemetry{
		Endpoint: r.endpoint(),
		Service:  cmp.Or(r.getenv(WebsiteSiteName), "rotunda"),
		Headers:  r.headers(),
		GRPC:     r.isGRPC(),
	}
	t.Share, t.IgnoreParent = r.sampler()
	r.sdkNumbers()
	t.Problems = r.problems
	return t
}

// sdkNumbers checks the settings that OpenTelemetry's SDK reads.
func (r *reader) sdkNumbers() {
	for _, name := range slices.Sorted(maps.Keys(sdkNumbers)) {
		text, most := r.getenv(name), sdkNumbers[name]
		if n, err := strconv.Atoi(text); text != "" && (err != nil || n < 1 || n > most) {
			r.problemf("%s is %q: it must be a whole number from 1 to %d", name, text, most)
		}
	}
}

// endpoint reads the address of the collector. Its problem does not quote it, as it may hold a
// key.
func (r *reader) endpoint() string {
	address := r.getenv(OTLPEndpoint)
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.problemf("%s must be the address of a collector, without user info, query and fragment, such as http://localhost:4318; leave it empty to turn telemetry off",
			OTLPEndpoint)
	}
	return address
}

// headers reads name=value,name=value, with percent-encoded values (opentelemetry-specification
// specification/protocol/exporter.md). The values are keys, so the problem does not quote them.
func (r *reader) headers() map[string]string {
	text := r.getenv(OTLPHeaders)
	if text == "" {
		return nil
	}
	headers := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || name == "" || err != nil || strings.ContainsAny(name+value, "\r\n") {
			r.problemf("%s must be a list of name=value pairs, separated by commas, with percent-encoded values", OTLPHeaders)
			return nil
		}
		headers[name] = value
	}
	return headers
}

// isGRPC reads the protocol. JSON needs no distinction from protobuf: a collector accepts both
// at the same address.
func (r *reader) isGRPC() bool {
	protocol := r.getenv(OTLPProtocol)
	switch protocol {
	case "", "http/json", "http/protobuf", "grpc":
	default:
		r.problemf("%s is %q: it must be http/json, http/protobuf or grpc; the default is http/json", OTLPProtocol, protocol)
	}
	return protocol == "grpc"
}

// sampler reads the name of a sampler and its argument (opentelemetry-specification
// specification/configuration/sdk-environment-variables.md).
func (r *reader) sampler() (share float64, ignoreParent bool) {
	const normal = "parentbased_traceidratio"
	name, argument := cmp.Or(r.getenv(TracesSampler), normal), r.getenv(TracesSamplerArg)
	kind, parentBased := strings.CutPrefix(name, "parentbased_")
	switch kind {
	case "always_on":
		share = 1
	case "always_off":
		share = 0
	case "traceidratio":
		share = r.share(argument)
	default:
		r.problemf("%s is %q: it must be always_on, always_off or traceidratio, optionally with the prefix parentbased_; the default is %s", TracesSampler, name, normal)
		r.share(argument) // report its problem too
	}
	return share, !parentBased
}

func (r *reader) share(text string) float64 {
	if text == "" {
		return defaultShare
	}
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share <= 1) { // refuses NaN too
		r.problemf("%s is %q: it must be a number from 0 to 1; the default is %g", TracesSamplerArg, text, defaultShare)
	}
	return share
}
