package audit_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/audit"
)

// story writes an audit of two instances: one has two files and was stopped, the other has one
// and was killed. It returns the files in the order of the story.
func story(t *testing.T, dir string) (files []string, heads []audit.Head) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		stopped := open(t, audit.Config{Store: folder(t, dir)})
		for _, name := range []string{"a1", "a2", "a3", "a4"} {
			write(t, stopped, read(name))
		}
		files = list(t, dir)
		time.Sleep(time.Hour)
		write(t, stopped, read("b1"))
		write(t, stopped, read("b2"))
		closeLog(t, stopped)
		files = append(files, added(t, dir, files)...)
		killed := open(t, audit.Config{Store: folder(t, dir)})
		for _, name := range []string{"c1", "c2", "c3"} {
			write(t, killed, read(name))
		}
		files = append(files, added(t, dir, files)...)
	})
	return files, verify(t, dir, audit.Options{}).Heads
}

func added(t *testing.T, dir string, before []string) []string {
	t.Helper()
	return slices.DeleteFunc(list(t, dir), func(name string) bool { return slices.Contains(before, name) })
}

func TestVerifyAcceptsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	files, heads := story(t, dir)
	report := verify(t, dir, audit.Options{Heads: heads})
	if report.Files != 3 || report.Instances != 2 || report.Records != 9 || report.Problems != nil {
		t.Errorf("%+v", report)
	}
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], files[2]+": the instance runs, or was killed, after record 4") {
		t.Errorf("notes: %q", report.Notes)
	}
}

// lines edits the lines of a file. Line 0 begins the file.
type lines func([]string) []string

func TestVerifyFindsTampering(t *testing.T) {
	replace := func(i int, old, new string) lines {
		return func(l []string) []string { l[i] = strings.Replace(l[i], old, new, 1); return l }
	}
	without := func(from, to int) lines {
		return func(l []string) []string { return slices.Delete(l, from, to) }
	}
	const first, second, third = 0, 1, 2
	for name, row := range map[string]struct {
		file int
		edit lines
		want string
	}{
		"a changed word":                   {first, replace(2, `"allowed":true`, `"allowed":false`), "line 3: the record was changed"},
		"a changed secret":                 {first, replace(1, `"secret":"a1"`, `"secret":"zz"`), "line 2: the record was changed"},
		"a changed time":                   {second, replace(1, `"time":"2000`, `"time":"2001`), "line 2: the record was changed"},
		"a changed hash":                   {first, replace(3, `"hash":"`, `"hash":"0`), "line 4: the line is not a record"},
		"a changed first line":             {second, replace(0, `"number":2`, `"number":3`), "line 1: the record was changed"},
		"a changed last record":            {third, replace(3, `"secret":"c3"`, `"secret":"c4"`), "line 4: the record was changed"},
		"a space":                          {first, replace(2, `,"secret"`, `, "secret"`), "line 3: the record was changed"},
		"a line that is not a record":      {first, replace(2, `{`, `x`), "line 3"},
		"an empty line":                    {first, func(l []string) []string { return slices.Insert(l, 2, "") }, "line 3: the line is not a record"},
		"a record taken out":               {first, without(2, 3), "records 3 to 3 were removed"},
		"two records taken out":            {first, without(2, 4), "records 3 to 4 were removed"},
		"the first record taken out":       {first, without(1, 2), "records 2 to 2 were removed"},
		"the first line taken out":         {first, without(0, 1), "a file must begin with one line that names it"},
		"the end taken out":                {first, without(5, 6), "the records after 5 were removed: the next file continues record 6"},
		"the last records taken out":       {first, without(3, 6), "the records after 3 were removed: the next file continues record 6"},
		"everything taken out":             {first, without(0, 6), "the records after 0 were removed"},
		"two records that changed places":  {first, func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }, "records 3 to 3 were removed"},
		"a record twice":                   {first, func(l []string) []string { return slices.Insert(l, 3, l[2]) }, "record 3 comes after record 3: it was moved or inserted"},
		"a record at the end":              {second, func(l []string) []string { return append(l, l[2]) }, "record 3 comes after the end of the file"},
		"half a record at the end":         {second, func(l []string) []string { return append(l, `{"seq":`) }, "half a line after the end of the file"},
		"an index computed anew":           {second, forgeIndex, "the index of reads at its end is not that of its records"},
		"a record computed anew":           {first, forge(2), "record 4 does not continue the one before"},
		"all records computed anew":        {first, forge(1, 2, 3, 4, 5), "record 6 is not the one that the next file continues"},
		"the first line computed anew":     {second, forge(0), "record 2 does not continue the one before"},
		"a file without the link to it":    {second, unlink, "record 2 does not continue the one before"},
		"a very long line":                 {first, replace(2, `{`, strings.Repeat(" ", 100_000)+`{`), "what follows record 2 is not a record"},
		"an end that the log knows better": {third, without(3, 4), "record 4 is not the one that the log names, or was removed"},
		"a last record computed anew":      {third, forge(3), "record 4 is not the one that the log names, or was removed"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, heads := story(t, dir)
			edit(t, dir, files[row.file], row.edit)
			report := verify(t, dir, audit.Options{Heads: heads})
			if !slices.ContainsFunc(report.Problems, func(problem string) bool {
				return strings.HasPrefix(problem, files[row.file]+": ") && strings.Contains(problem, row.want)
			}) {
				t.Errorf("problems %q, want %q", report.Problems, row.want)
			}
		})
	}
}

func TestVerifyFindsFilesThatWereRemovedOrMoved(t *testing.T) {
	path := func(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for name, row := range map[string]struct {
		change func(dir string, files []string) error
		want   string
	}{
		"a removed file": {
			func(dir string, files []string) error { return os.Remove(path(dir, files[0])) },
			"the file was removed: ",
		},
		"a removed last file": {
			func(dir string, files []string) error { return os.Remove(path(dir, files[1])) },
			"record 4 is not the one that the log names, or was removed",
		},
		"a removed instance": {
			func(dir string, files []string) error { return os.Remove(path(dir, files[2])) },
			"record 4 is not the one that the log names, or was removed",
		},
		"a file in the place of another": {
			func(dir string, files []string) error {
				return errors.Join(os.Remove(path(dir, files[0])), os.Rename(path(dir, files[2]), path(dir, files[0])))
			},
			"a file must begin with one line that names it",
		},
		"a copy under another hour": {
			func(dir string, files []string) error {
				text, err := os.ReadFile(path(dir, files[2]))
				return errors.Join(err, os.WriteFile(path(dir, strings.Replace(files[2], "/01-", "/02-", 1)), text, 0o600))
			},
			"a file must begin with one line that names it",
		},
		"a file with another name": {
			func(dir string, _ []string) error {
				return os.WriteFile(path(dir, "contoso/extra.jsonl"), nil, 0o600)
			},
			"contoso/extra.jsonl: not a file of the audit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, heads := story(t, dir)
			if err := row.change(dir, files); err != nil {
				t.Fatal(err)
			}
			report := verify(t, dir, audit.Options{Heads: heads})
			if !slices.ContainsFunc(report.Problems, func(problem string) bool { return strings.Contains(problem, row.want) }) {
				t.Errorf("problems %q, want %q", report.Problems, row.want)
			}
		})
	}
}

// What somebody adds who computes all hashes fits to the rest. Only the log does not know it.
func TestVerifyNotesWhatTheLogDoesNotCover(t *testing.T) {
	dir := t.TempDir()
	files, heads := story(t, dir)
	notes := func() string { return strings.Join(verify(t, dir, audit.Options{Heads: heads}).Notes, "\n") }
	const uncovered = ": no head in the log covers what follows record "
	if got := notes(); strings.Contains(got, uncovered) {
		t.Errorf("before anything is added: %s", got)
	}
	edit(t, dir, files[2], func(l []string) []string { // to the instance that was killed
		added := strings.Replace(l[3], `{"seq":4,`, `{"seq":5,`, 1)
		return append(l, rehash(strings.Replace(added, hashOfPrevious(added), hashIn(l[3]), 1)))
	})
	if got := notes(); strings.Count(got, uncovered) != 1 || !strings.Contains(got, files[2]+uncovered+"4, ") {
		t.Errorf("after a record was added: %s", got)
	}
	other := folder(t, dir)
	log := open(t, audit.Config{Store: other}) // as a forger makes a whole instance
	write(t, log, read("forged"))
	closeLog(t, log)
	forged := added(t, dir, files)[0]
	if got := notes(); strings.Count(got, uncovered) != 2 || !strings.Contains(got, forged+uncovered+"0, ") {
		t.Errorf("after a file was added: %s", got)
	}
	if report := verify(t, dir, audit.Options{}); strings.Contains(strings.Join(report.Notes, ""), uncovered) || report.Problems != nil {
		t.Errorf("without a log: %+v", report)
	}
}

func TestVerifySinceLeavesOutOlderFiles(t *testing.T) {
	dir := t.TempDir()
	files, heads := story(t, dir)
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(files[0]))); err != nil {
		t.Fatal(err)
	}
	heads = append(heads, audit.Head{File: files[0], Record: 2, Hash: "old"})
	report := verify(t, dir, audit.Options{Since: time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC), Heads: heads})
	if report.Files != 2 || report.Problems != nil {
		t.Errorf("%+v", report)
	}
}

// A kill leaves half a line, which is not tampering.
func TestVerifyNotesTracesOfKillsAndFailures(t *testing.T) {
	dir := t.TempDir()
	files, heads := story(t, dir)
	cut := func(l []string) []string { l[3] = l[3][:100]; return l }
	editText(t, dir, files[2], cut, "")
	report := verify(t, dir, audit.Options{})
	if report.Problems != nil || len(report.Notes) != 2 || !strings.Contains(report.Notes[0], "half a line follows record 3") {
		t.Errorf("%+v", report)
	}
	report = verify(t, dir, audit.Options{Heads: heads})
	if len(report.Problems) != 1 {
		t.Errorf("the log knows that the line was whole: %+v", report)
	}
}

func edit(t *testing.T, dir, name string, how lines) {
	t.Helper()
	editText(t, dir, name, how, "\n")
}

func editText(t *testing.T, dir, name string, how lines, end string) {
	t.Helper()
	edited := how(linesOf(t, dir, name))
	text := strings.Join(edited, "\n") + end
	if len(edited) == 0 || strings.HasSuffix(text, `{"seq":`+"\n") {
		text = strings.TrimSuffix(text, "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
