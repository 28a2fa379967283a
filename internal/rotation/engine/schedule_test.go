package engine

import (
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestDue(t *testing.T) {
	created, expires := noon, noon.Add(60*day)
	for name, row := range map[string]struct {
		tags map[string]string
		due  time.Time
	}{
		"before expiry, by the default lead":     {map[string]string{rotation.TagValidity: "60"}, expires.Add(-30 * day)},
		"by its own lead":                        {map[string]string{rotation.TagValidity: "60", rotation.TagLead: "7"}, expires.Add(-7 * day)},
		"by half of a short validity":            {map[string]string{rotation.TagValidity: "20"}, expires.Add(-10 * day)},
		"by interval, if that comes first":       {map[string]string{rotation.TagValidity: "60", rotation.TagInterval: "5"}, created.Add(5 * day)},
		"by expiry, if that comes first":         {map[string]string{rotation.TagValidity: "60", rotation.TagInterval: "50"}, expires.Add(-30 * day)},
		"by expiry, though only interval is set": {map[string]string{rotation.TagInterval: "50"}, expires.Add(-30 * day)},
	} {
		s, err := parseSchedule(row.tags, 30*day)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		live := secret.Secret{Attributes: secret.Attributes{Created: &created, Expires: &expires}}
		if due := s.due(live); !due.Equal(row.due) {
			t.Errorf("%s: due at %s, want %s", name, due, row.due)
		}
	}
	if s, _ := parseSchedule(map[string]string{rotation.TagValidity: "60"}, 30*day); !s.due(secret.Secret{}).IsZero() {
		t.Error("what does not expire is due only by hand")
	}
}

func TestExpires(t *testing.T) {
	s, _ := parseSchedule(map[string]string{rotation.TagValidity: "10"}, 30*day)
	if got := s.expires(noon.Add(time.Millisecond)); !got.Equal(noon.Add(10 * day)) {
		t.Errorf("expires at %s", got)
	}
	s, _ = parseSchedule(map[string]string{rotation.TagInterval: "10"}, 30*day)
	if got := s.expires(noon); got != nil {
		t.Errorf("without a validity it expires at %s", got)
	}
}

func TestWindow(t *testing.T) {
	for _, row := range []struct {
		window string
		at     string
		open   bool
	}{
		{"", "03:00", true},
		{"22:00-04:00", "23:59", true},
		{"22:00-04:00", "03:59", true},
		{"22:00-04:00", "04:00", false},
		{"22:00-04:00", "12:00", false},
		{"22:00-04:00", "22:00", true},
		{"09:00-17:00", "09:00", true},
		{"09:00-17:00", "17:00", false},
		{"09:00-17:00", "08:59", false},
		{"00:00-06:00", "00:00", true},
		{"20:00-00:00", "23:00", true},
		{"20:00-00:00", "00:00", false},
	} {
		w, err := parseWindow(row.window)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse("15:04", row.at)
		if w.open(at) != row.open {
			t.Errorf("%q is open at %s: %v", row.window, row.at, !row.open)
		}
	}
}

// TestBadSchedules: the error about a bad schedule names the tag.
func TestBadSchedules(t *testing.T) {
	for _, row := range []struct{ tags, says string }{
		{"", rotation.TagValidity},
		{rotation.TagValidity + "=0", rotation.TagValidity},
		{rotation.TagValidity + "=4000", rotation.TagValidity},
		{rotation.TagValidity + "=ninety", rotation.TagValidity},
		{rotation.TagInterval + "=", rotation.TagInterval},
		{rotation.TagValidity + "=60 " + rotation.TagLead + "=-1", rotation.TagLead},
		{rotation.TagValidity + "=60 " + rotation.TagLead + "=60", rotation.TagLead},
		{rotation.TagValidity + "=60 " + rotation.TagWindow + "=22:00", rotation.TagWindow},
		{rotation.TagValidity + "=60 " + rotation.TagWindow + "=22:00-22:00", rotation.TagWindow},
		{rotation.TagValidity + "=60 " + rotation.TagWindow + "=25:00-26:00", rotation.TagWindow},
	} {
		tags := map[string]string{}
		for pair := range strings.FieldsSeq(row.tags) {
			name, value, _ := strings.Cut(pair, "=")
			tags[name] = value
		}
		if _, err := parseSchedule(tags, 30*day); err == nil || !strings.Contains(err.Error(), row.says) || !isPermanent(err) {
			t.Errorf("%q: %v", row.tags, err)
		}
	}
}
