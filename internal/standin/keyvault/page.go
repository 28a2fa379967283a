package keyvault

import (
	"encoding/base64"
	"encoding/json"
	"iter"
	"net"
	"net/url"
)

// page is one page of a list. NextLink is null on the last.
type page struct {
	Value    []bundle `json:"value"`
	NextLink *string  `json:"nextLink"`
}

// marker is what a nextLink's $skiptoken holds.
type marker struct {
	NextMarker string // the last name or version id that was listed
	Empty      int    // how many empty pages precede the next items
}

// turn returns the requested page, from the items after a marker. Each item comes with its own
// marker.
func (s *Server) turn(c *call, items func(after string) iter.Seq2[string, bundle]) (page, error) {
	most, err := c.maxResults()
	if err != nil {
		return page{}, err
	}
	empty := s.faults.current().EmptyPages
	at, err := c.marker(empty)
	if err != nil {
		return page{}, err
	}
	p := page{Value: []bundle{}}
	if at.Empty > 0 {
		p.NextLink = c.nextLink(marker{at.NextMarker, at.Empty - 1})
		return p, nil
	}
	last, more := at.NextMarker, false
	for mark, item := range items(at.NextMarker) {
		if more = len(p.Value) == most; more {
			break
		}
		p.Value, last = append(p.Value, item), mark
	}
	switch {
	case more:
		p.NextLink = c.nextLink(marker{last, empty})
	case empty > 0 && len(p.Value) > 0: // the last page has no items
		p.NextLink = c.nextLink(marker{last, empty - 1})
	}
	return p, nil
}

// marker reads the request's $skiptoken. Without one the list starts, possibly with empty pages.
func (c *call) marker(empty int) (marker, error) {
	if !c.query.Has("$skiptoken") {
		return marker{Empty: empty}, nil
	}
	var m marker
	raw, err := base64.RawURLEncoding.DecodeString(c.query.Get("$skiptoken"))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil { // not recorded
		return marker{}, badParameter("The query parameter $skiptoken is not one that this vault gave out: follow nextLink as it is.")
	}
	return m, nil
}

// nextLink returns a link that always has a port, as the real vault's, and ends with maxresults
// if that was sent.
func (c *call) nextLink(m marker) *string {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err) // can't happen with a string and a number
	}
	host := c.request.Host
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(host, "443")
	}
	link := "https://" + host + c.request.URL.EscapedPath() +
		"?api-version=" + url.QueryEscape(c.query.Get("api-version")) +
		"&$skiptoken=" + base64.RawURLEncoding.EncodeToString(raw)
	if c.query.Has("maxresults") {
		link += "&maxresults=" + url.QueryEscape(c.query.Get("maxresults"))
	}
	return &link
}
