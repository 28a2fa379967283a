package rotation

import "testing"

func TestHosts(t *testing.T) {
	for _, row := range []struct {
		hosts Hosts
		host  string
		want  bool
	}{
		{"", "db", false},
		{"", "", false},
		{",", "", false},
		{"db", "db", true},
		{"db", "DB", true},
		{"DB , cache", "cache", true},
		{"db", "evil-db", false},
		{"*.example.com", "a.example.com", true},
		{"*.example.com", "a.b.Example.com", true},
		{"*.example.com", "example.com", false},
		{"*.example.com", "aexample.com", false},
		{"*.example.com", "a.example.com.evil.org", false},
		{"*", "anything", false},
		{"*com", "evil.com", false},
	} {
		if got := row.hosts.Include(row.host); got != row.want {
			t.Errorf("%q include %q: %v", row.hosts, row.host, got)
		}
	}
}
