package azurekeys

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

// Keys implements rotation.Regenerator.
func (r *Rotator) Keys(ctx context.Context, s rotation.Subject) (map[string]secret.Value, error) {
	t, err := readTarget(s)
	if err != nil {
		return nil, err
	}
	all, err := r.listKeys(ctx, t)
	if err != nil {
		return nil, err
	}
	keys := map[string]secret.Value{}
	for _, k := range t.pair {
		found := all[strings.ToLower(k.field)]
		if found.value == "" {
			return nil, rotation.Temporaryf("Azure lists no key %s for %s.", k.id, t.what())
		}
		if keys[k.id], err = t.value(found); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// listKeys returns all keys of the resource.
func (r *Rotator) listKeys(ctx context.Context, t target) (map[string]listed, error) {
	pages, err := r.arm.pages(ctx, r.listing(t))
	if err != nil {
		return nil, err
	}
	read, keys := t.read, map[string]listed{}
	if t.class == rotation.Issued {
		read = t.issued.read
	}
	for _, page := range pages {
		found, err := read(page)
		if err != nil {
			return nil, rotation.Temporaryf("Azure's answer with the keys of %s can't be read.", t.what())
		}
		maps.Copy(keys, found)
	}
	return keys, nil
}

// listing is the request for all keys.
func (r *Rotator) listing(t target) request {
	list, right := t.list, t.actionOf(t.list)
	if t.class == rotation.Issued {
		list, right = t.issued.list, t.right(t.issued.listRight)
	}
	return request{method: http.MethodPost, url: r.arm.at(t, "/"+list, t.version), action: right, what: t.what()}
}

// what names the resource in a message.
func (t target) what() string {
	return t.name + " " + t.segment(strings.Count(t.id, "/")-1)
}

// Regenerate implements rotation.Regenerator.
func (r *Rotator) Regenerate(ctx context.Context, s rotation.Subject, name string, fence rotation.Fence) error {
	t, err := readTarget(s)
	if err != nil {
		return err
	}
	_, k, known := t.find(name)
	if !known {
		return rotation.Permanentf("%s has no key %s.", t.what(), name)
	}
	sent := k.sent
	if t.byID {
		if sent, err = r.idOf(ctx, t, k); err != nil {
			return err
		}
	}
	var body any
	if t.field != "" {
		body = map[string]string{t.field: sent}
	}
	order := request{method: http.MethodPost, url: r.arm.at(t, "/"+t.orderOf(k), t.version), body: body, action: t.actionOf(t.orderOf(k)), what: t.what()}
	if err := fence(ctx); err != nil {
		return err
	}
	found, err := r.arm.do(ctx, order)
	if err != nil {
		return err
	}
	return r.arm.finish(ctx, order, found)
}

// idOf returns the id by which App Configuration knows a key.
func (r *Rotator) idOf(ctx context.Context, t target, k key) (string, error) {
	all, err := r.listKeys(ctx, t)
	if err != nil {
		return "", err
	}
	if id := all[strings.ToLower(k.field)].id; id != "" {
		return id, nil
	}
	return "", rotation.Temporaryf("Azure lists no id for the key %s of %s.", k.id, t.what())
}
