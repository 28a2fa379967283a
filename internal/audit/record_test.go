package audit

import (
	"encoding/json"
	"testing"
	"time"

	"rotunda/internal/access"
)

// FuzzRecord checks that a record is read as it was written.
func FuzzRecord(f *testing.F) {
	f.Add("oid:anna", "db", "v1", true, 200, int64(0))
	f.Add("a\"\\b\n\u2028\xff\x00<>&", "", "", false, 0, int64(1))
	f.Add("ä", "\x7f", "😀", true, -1, int64(-1))
	f.Fuzz(func(t *testing.T, caller, name, version string, allowed bool, status int, nanoseconds int64) {
		written := Record{
			Time: time.Unix(0, nanoseconds), Caller: caller, Application: version, Action: access.Action(name), Secret: name, Version: version,
			Allowed: allowed, Status: status, Request: caller, Trace: name, Address: version, Operation: caller,
		}
		e := written.entry()
		var read Record
		if err := json.Unmarshal(e.body, &read); err != nil {
			t.Fatalf("%s: %v", e.body, err)
		}
		if !read.Time.Equal(written.Time) {
			t.Errorf("wrote the time %v, read %v", written.Time, read.Time)
		}
		if read.Time = written.Time; read != written {
			t.Errorf("wrote %+v, read %+v", written, read)
		}
	})
}
