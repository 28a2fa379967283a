package truth

import (
	"fmt"
	"net/url"
	"regexp"
)

// matchLink compares a nextLink with its request, and captures it.
func (m matcher) matchLink(name, got string) error {
	if err := m.checkLink(got); err != nil {
		return err
	}
	return m.captures.capture(name, got)
}

func (p *player) checkLinkBase(link, from *url.URL) error {
	base, err := url.Parse(p.target.BaseURL)
	if err != nil {
		return err
	}
	same := link.Scheme == base.Scheme && link.Hostname() == base.Hostname() && port(link) == port(base) && link.Path == from.Path
	return holds(same, link, "a link to "+p.target.BaseURL+", path "+from.Path)
}

// checkLink compares a nextLink with its request: the same path and api-version, a $skiptoken,
// and maxresults at the end if and only if it was sent.
func (m matcher) checkLink(got string) error {
	link, err := url.Parse(got)
	if err != nil {
		return fmt.Errorf("nextLink: %w", err)
	}
	from := m.answer.url
	if err := m.checkLinkBase(link, from); err != nil {
		return fmt.Errorf("nextLink: %w", err)
	}
	if m.opts.LooseLinks {
		return nil
	}
	want := `^api-version=` + regexp.QuoteMeta(from.Query().Get("api-version")) + `&\$skiptoken=[^&]+`
	if sent := from.Query().Get("maxresults"); sent != "" {
		want += "&maxresults=" + sent
	}
	return holds(regexp.MustCompile(want+"$").MatchString(link.RawQuery), got, "a query "+want)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}
