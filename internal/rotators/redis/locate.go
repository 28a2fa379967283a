package redis

import (
	"context"
	"strings"

	"rotunda/internal/rotation"
)

// Locate implements rotation.Locator. A server without its run_id, which is random at each start,
// does not tell which one it is (INFO in the documentation of Redis).
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	session, _, err := target.server.logIn(ctx, target.changer())
	if err != nil {
		return rotation.Location{}, err
	}
	defer session.close()
	text, err := session.conn.Do(ctx, "INFO", "server").Text()
	switch {
	case errorCode(err) != "": // most often the right is missing
		return rotation.Location{}, nil
	case err != nil:
		return rotation.Location{}, session.fault("INFO", err)
	}
	says := parseInfo(text)
	if says["run_id"] == "" {
		return rotation.Location{}, nil
	}
	return rotation.Location{Login: "redis " + says["config_file"] + " " + userOf(target.current), Run: says["run_id"]}, nil
}

// parseInfo reads lines of name:value.
func parseInfo(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			fields[name] = value
		}
	}
	return fields
}
