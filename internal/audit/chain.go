package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// A file is lines of JSON:
//
//	{"seq":1,"prev":"<hash>","time":"...","start":{...},"hash":"<hash>"}
//	{"seq":2,"prev":"<hash>","time":"...","caller":"...",...,"hash":"<hash>"}
//	{"seq":3,"prev":"<hash>","time":"...","end":{...},"hash":"<hash>"}
//
// hash is the SHA-256 of the line's bytes before `,"hash":`, and prev is the hash of the line
// before. The first prev is the hash of the file's name, so that a file can't take another's
// place.

// hashEnd is what follows the bytes that are hashed.
const (
	hashKey  = `,"hash":"`
	hashSize = sha256.Size * 2
	hashEnd  = len(hashKey) + hashSize + len(`"}`)
)

// Head is a place in a file: a record and its hash.
type Head struct {
	File   string `json:"file"`
	Record int    `json:"record"`
	Hash   string `json:"hash"`
}

// start opens a file. Previous is the last record that the instance knows to be durable in the
// file before, if there was one.
type start struct {
	File     string `json:"file"`
	Instance string `json:"instance"`
	Number   int    `json:"number"`
	Previous *Head  `json:"previous,omitempty"`
}

// end closes a file.
type end struct {
	Reason       string `json:"reason"` // "hour", "full" or "stop"
	Reads        []Read `json:"reads,omitempty"`
	ReadsOmitted bool   `json:"readsOmitted,omitempty"` // because there are too many
}

// newChain returns the head of a file without lines.
func newChain(file string) Head {
	sum := sha256.Sum256([]byte("rotunda audit file " + file))
	return Head{File: file, Hash: hex.EncodeToString(sum[:])}
}

// seal appends a body, a JSON object, to lines as the next line of the file, and moves the head.
func (h *Head) seal(lines, body []byte) []byte {
	first := len(lines)
	h.Record++
	lines = append(lines, `{"seq":`...)
	lines = strconv.AppendInt(lines, int64(h.Record), 10)
	lines = append(lines, `,"prev":"`...)
	lines = append(lines, h.Hash...)
	lines = append(lines, `",`...)
	lines = append(lines, body[1:len(body)-1]...)
	h.Hash = hashOf(lines[first:])
	lines = append(lines, hashKey...)
	lines = append(lines, h.Hash...)
	return append(lines, "\"}\n"...)
}

func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// line is a line of a file as it is read.
type line struct {
	Seq   int    `json:"seq"`
	Prev  string `json:"prev"`
	Hash  string `json:"hash"`
	Start *start `json:"start"`
	End   *end   `json:"end"`
	Record
}

// parseLine reads a line without its newline. The error says that its own hash does not fit.
func parseLine(text []byte) (line, error) {
	var l line
	if len(text) <= hashEnd || !bytes.HasPrefix(text[len(text)-hashEnd:], []byte(hashKey)) {
		return l, fmt.Errorf("the line is not a record")
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("the line is not a record: %w", err)
	}
	if l.Hash != hashOf(text[:len(text)-hashEnd]) {
		return l, fmt.Errorf("the record was changed: its hash does not fit")
	}
	return l, nil
}

// startBody and endBody return the bodies of the first and the last line.
func startBody(now time.Time, s start) []byte {
	return mustMarshal(struct {
		Time  time.Time `json:"time"`
		Start start     `json:"start"`
	}{now.UTC(), s})
}

func endBody(now time.Time, e end) []byte {
	return mustMarshal(struct {
		Time time.Time `json:"time"`
		End  end       `json:"end"`
	}{now.UTC(), e})
}

// mustMarshal encodes what always can be.
func mustMarshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
