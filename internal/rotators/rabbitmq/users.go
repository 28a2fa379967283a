package rabbitmq

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// user is a user as the management API has it (rabbitmq/rabbitmq-server
// deps/rabbitmq_management/priv/www/api/index.html).
type user struct {
	Name   string `json:"name"`
	Hash   string `json:"password_hash"`
	Tags   tags   `json:"tags"`
	exists bool
}

// tags are a user's. Old versions return them as one text, separated by commas.
type tags []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *tags) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return json.Unmarshal(data, (*[]string)(t))
	}
	*t = slices.DeleteFunc(strings.Split(text, ","), func(tag string) bool { return tag == "" })
	return nil
}

// user returns a user, who need not exist.
func (c *client) user(ctx context.Context, name string) (user, error) {
	found := user{exists: true}
	err := c.do(ctx, http.MethodGet, path("users", name), nil, &found)
	if statusOf(err) == http.StatusNotFound {
		return user{Name: name}, nil
	}
	found.Name = name
	return found, err
}

// setUser sets a user's password and tags, and creates the user if there is none. With the hash ""
// no password logs in.
func (c *client) setUser(ctx context.Context, name, hash string, tags []string) error {
	if tags == nil {
		tags = []string{}
	}
	return c.do(ctx, http.MethodPut, path("users", name), map[string]any{"password_hash": hash, "hashing_algorithm": hashingAlgorithm, "tags": tags}, nil)
}

// permission is what a user may do in a virtual host; a topic permission has an exchange, too.
type permission struct {
	Vhost     string `json:"vhost"`
	Exchange  string `json:"exchange"`
	Configure string `json:"configure"`
	Write     string `json:"write"`
	Read      string `json:"read"`
}

// The two kinds of permissions, as the paths of the API have them.
const (
	permissions      = "permissions"
	topicPermissions = "topic-permissions"
)

// permissionsOf returns a user's permissions of one kind.
func (c *client) permissionsOf(ctx context.Context, kind, user string) (found []permission, err error) {
	err = c.do(ctx, http.MethodGet, path("users", user, kind), nil, &found)
	return found, err
}

// copyPermissions makes a user's permissions of one kind those of another. It changes only what
// differs, because a user may have many.
func (c *client) copyPermissions(ctx context.Context, kind, from, to string) error {
	wanted, err := c.permissionsOf(ctx, kind, from)
	if err != nil {
		return err
	}
	had, err := c.permissionsOf(ctx, kind, to)
	if err != nil {
		return err
	}
	revoked, missing := difference(wanted, had)
	for _, vhost := range revoked {
		if err := c.do(ctx, http.MethodDelete, path(kind, vhost, to), nil, nil); err != nil && statusOf(err) != http.StatusNotFound {
			return err
		}
	}
	for _, one := range missing {
		if err := c.do(ctx, http.MethodPut, path(kind, one.Vhost, to), one.body(kind), nil); err != nil {
			return err
		}
	}
	return nil
}

// difference returns the virtual hosts in which a user has something that is not wanted, and the
// permissions to grant after all in these were revoked: the API revokes topic permissions of all
// exchanges of a virtual host at once.
func difference(wanted, had []permission) (revoked []string, missing []permission) {
	for _, one := range had {
		isWanted := func(w permission) bool { return w.Vhost == one.Vhost && w.Exchange == one.Exchange }
		if !slices.ContainsFunc(wanted, isWanted) && !slices.Contains(revoked, one.Vhost) {
			revoked = append(revoked, one.Vhost)
		}
	}
	for _, one := range wanted {
		if !slices.Contains(had, one) || slices.Contains(revoked, one.Vhost) {
			missing = append(missing, one)
		}
	}
	return revoked, missing
}

// body returns what grants a permission.
func (p permission) body(kind string) map[string]string {
	if kind == topicPermissions {
		return map[string]string{"exchange": p.Exchange, "write": p.Write, "read": p.Read}
	}
	return map[string]string{"configure": p.Configure, "write": p.Write, "read": p.Read}
}
