package truth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	fullPage  = 25
	mostPages = 1000
)

// playPages reads a list from its first page to its end, and compares all its items.
func (p *player) playPages(ctx context.Context, step Step, first answer) error {
	most := fullPage
	if sent := step.Query["maxresults"]; sent != "" {
		n, err := strconv.Atoi(sent)
		if err != nil {
			return err
		}
		most = n
	}
	var items []any
	page := first
	for range mostPages {
		next, more, err := p.readPage(page, most)
		if err != nil {
			return err
		}
		items = append(items, more...)
		if next == "" {
			return p.matchItems(step, items)
		}
		if page, err = p.follow(ctx, next); err != nil {
			return err
		}
	}
	return fmt.Errorf("the list has not ended after %d pages", mostPages)
}

// readPage returns a page's nextLink, which is empty on the last page, and its items.
func (p *player) readPage(page answer, most int) (next string, items []any, err error) {
	body, err := page.decode()
	if err != nil {
		return "", nil, err
	}
	if err := checkTimes("body", body); err != nil {
		return "", nil, err
	}
	object, _ := body.(map[string]any)
	items, isArray := object["value"].([]any)
	link, hasLink := object["nextLink"]
	if !isArray || !hasLink || len(object) != 2 {
		return "", nil, fmt.Errorf("a page is not {value, nextLink}: %s", page.body)
	}
	if len(items) > most {
		return "", nil, fmt.Errorf("a page has %d items, want %d at most", len(items), most)
	}
	if link == nil {
		return "", items, nil
	}
	next, ok := link.(string)
	if !ok {
		return "", nil, fmt.Errorf("nextLink is %v, want a string or null", link)
	}
	return next, items, p.matcher(page).checkLink(next)
}

func (p *player) follow(ctx context.Context, link string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	if err := p.authorize(r); err != nil {
		return answer{}, err
	}
	got, err := p.do(r)
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("a nextLink returned %d, want 200: %s", got.status, got.body)
	}
	return got, err
}

// matchItems compares the items of all pages with the expected ones, as a set, by id.
func (p *player) matchItems(step Step, items []any) error {
	if step.Sorted && !slices.IsSortedFunc(items, func(a, b any) int { return strings.Compare(idOf(a), idOf(b)) }) {
		return errors.New("the items are not in ascending order of id")
	}
	body, _ := step.Expect.Body.(map[string]any)
	wanted, _ := body["value"].([]any)
	if len(items) != len(wanted) {
		return fmt.Errorf("the list has %d items, want %d", len(items), len(wanted))
	}
	for _, want := range wanted {
		if err := p.matchItem(want, items); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) matchItem(want any, items []any) error {
	object, _ := want.(map[string]any)
	template, _ := object["id"].(string)
	id, err := p.captures.text(template)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(items, func(item any) bool { return idOf(item) == strings.ToLower(id) })
	if at < 0 {
		return fmt.Errorf("the list lacks %s", id)
	}
	return p.matcher(answer{}).match(id, want, items[at])
}

// idOf returns an item's id in lower case, for comparisons.
func idOf(item any) string {
	object, _ := item.(map[string]any)
	id, _ := object["id"].(string)
	return strings.ToLower(id)
}
