package rotation

import "testing"

func TestHosts(t *testing.T) {
	for _, row := range []struct {
		hosts   Hosts
		address string
		want    bool
	}{
		{"", "redis://db", false},
		{"", "", false},
		{",", "", false},
		{"redis://db", "redis://db", true},
		{"redis://db", "redis://DB:6379/0?x=y", true},
		{"REDIS://DB:6379 , rediss://cache", "rediss://cache", true},
		{"postgres://db", "postgresql://db:5432/app", true},
		{"mariadb://db", "mysql://db", true},
		{"sqlserver://db", "sqlserver://db:1433/shop", true},
		{"ldaps://db:636", "ldaps://db:636", true},
		{"ldaps://db", "ldaps://db:1636", false},
		{"db", "redis://db", false}, // which protocol, and which port?
		{"db:6379", "redis://db", false},
		{"//db", "redis://db", false},
		{"postgres://db", "redis://db:5432", false},
		{"postgres://db", "postgres://db:16390", false},
		{"rediss://db:6379", "redis://db", false},
		{"redis://db", "redis://evil-db", false},
		{"redis://db", "redis://db.evil.org", false},
		{"redis://db", "redis://db@evil", false},
		{"redis://*.example.com", "redis://a.example.com", true},
		{"redis://*.example.com", "redis://a.b.Example.com", true},
		{"redis://*.example.com:1", "redis://a.example.com:1", true},
		{"redis://*.example.com", "redis://a.example.com:1", false},
		{"redis://*.example.com", "redis://example.com", false},
		{"redis://*.example.com", "redis://aexample.com", false},
		{"redis://*.example.com", "redis://a.example.com.evil.org", false},
		{"redis://*.example.com", "redis://.example.com", false},
		{"redis://*.example.com", "redis://*.example.com", false},
		{"redis://*", "redis://anything", false},
		{"redis://*com", "redis://evil.com", false},
		{"redis://[::1]", "redis://[::1]:6379", true},
	} {
		if got := row.hosts.Include(row.address); got != row.want {
			t.Errorf("%q include %q: %v", row.hosts, row.address, got)
		}
	}
}
