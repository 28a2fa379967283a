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
	Empty      int    // how many empty pages come before the next items
}

// turn makes the page that a request asks for, from the items that follow a marker; each comes with its marker.
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
	case empty > 0 && len(p.Value) > 0: // the last page is one of those without items
		p.NextLink = c.nextLink(marker{last, empty - 1})
	}
	return p, nil
}

// marker reads the request's $skiptoken; without one, the list begins, and maybe with empty pages.
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

// nextLink always has a port, as the real one's has, and repeats maxresults at its end if it was sent.
func (c *call) nextLink(m marker) *string {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err) // a string and a number can't fail
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
