package audit_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rotunda/internal/access"
	"rotunda/internal/audit"
)

func TestLastReads(t *testing.T) {
	dir := t.TempDir()
	at := func(hour, minute int) time.Time { return time.Date(2000, 1, 1, hour, minute, 0, 0, time.UTC) }
	by := func(caller, name, version string) audit.Record {
		r := read(name)
		r.Caller, r.Version = caller, version
		return r
	}
	denied, missing, listed := read("db"), read("db"), read("db")
	denied.Allowed, denied.Status, missing.Status, listed.Action = false, 403, 404, access.ReadMetadata
	synctest.Test(t, func(t *testing.T) {
		one := open(t, audit.Config{Store: folder(t, dir)})
		other := open(t, audit.Config{Store: folder(t, dir)})
		write(t, one, by("oid:anna", "db", "v1"))
		write(t, one, by("oid:bert", "other", "v1"))
		time.Sleep(time.Minute)
		write(t, one, by("oid:anna", "DB", "v1"))
		write(t, one, by("oid:bert", "db", "v2"))
		time.Sleep(time.Hour)
		write(t, other, by("oid:anna", "db", "v2"))
		for _, record := range []audit.Record{denied, missing, listed} {
			write(t, one, record)
		}
		time.Sleep(time.Minute)
		write(t, one, by("oid:anna", "db", "v2"))
		closeLog(t, one) // other is killed, so its file has no index
	})
	all, err := audit.LastReads(t.Context(), folder(t, dir), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Read{
		{Secret: "db", Version: "v1", Caller: "oid:anna", Last: at(0, 1), Count: 2},
		{Secret: "db", Version: "v2", Caller: "oid:bert", Last: at(0, 1), Count: 1},
		{Secret: "db", Version: "v2", Caller: "oid:anna", Last: at(1, 2), Count: 2},
		{Secret: "other", Version: "v1", Caller: "oid:bert", Last: at(0, 0), Count: 1},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	later, err := audit.LastReads(t.Context(), folder(t, dir), at(1, 0))
	if err != nil || len(later) != 1 || later[0].Count != 2 {
		t.Errorf("since one o'clock: %+v, %v", later, err)
	}
}

// An index that would be too large is left out, and the records are read.
func TestLastReadsOfMore(t *testing.T) {
	for _, row := range []struct {
		secrets int
		omitted bool
	}{{300, false}, {500, true}, {2000, true}} {
		dir := t.TempDir()
		log := open(t, audit.Config{Store: folder(t, dir)})
		var records []audit.Record
		for i := range row.secrets {
			records = append(records, read(fmt.Sprint("n", i)))
		}
		if err := log.Write(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
		closeLog(t, log)
		name := list(t, dir)[0]
		lines := linesOf(t, dir, name)
		if last := lines[len(lines)-1]; strings.Contains(last, `"readsOmitted":true`) != row.omitted {
			t.Errorf("%d secrets: the end is %.200s", row.secrets, last)
		}
		all, err := audit.LastReads(t.Context(), folder(t, dir), time.Time{})
		if err != nil || len(all) != row.secrets {
			t.Errorf("%d secrets: %d reads, %v", row.secrets, len(all), err)
		}
		if report := verify(t, dir, audit.Options{}); report.Problems != nil {
			t.Errorf("%d secrets: %q", row.secrets, report.Problems)
		}
	}
}
