package tds

import (
	"encoding/binary"
	"unicode/utf16"
)

// The tokens of an answer (MS-TDS 2.2.7).
const (
	tokenReturnStatus = 0x79
	tokenColumns      = 0x81
	tokenError        = 0xaa
	tokenInfo         = 0xab
	tokenLoginAck     = 0xad
	tokenRow          = 0xd1
	tokenEnvChange    = 0xe3
	tokenDone         = 0xfd

	envDatabase   = 1
	envLanguage   = 2
	envPacketSize = 4
	envCollation  = 7
	envBegin      = 8
	envCommit     = 9
	envRollback   = 10
	envRouting    = 20

	doneError     = 0x02
	doneCount     = 0x10
	doneAttention = 0x20

	typeNVarChar = 0xe7
)

// collation is SQL_Latin1_General_CP1_CI_AS.
var collation = []byte{0x09, 0x04, 0xd0, 0x00, 0x34}

// answer is the body of a message that is being built.
type answer []byte

func utf16le(text string) []byte {
	var raw []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = binary.LittleEndian.AppendUint16(raw, unit)
	}
	return raw
}

// short is a number in two bytes, as the lengths of tokens and texts are.
func short(n int) []byte { return []byte{byte(n & 0xff), byte(n >> 8 & 0xff)} }

// shortText is text after its length in characters, in one byte.
func shortText(text string) []byte {
	raw := utf16le(text)
	return append([]byte{byte(len(raw) / 2 & 0xff)}, raw...)
}

// longText is text after its length in characters, in two bytes.
func longText(text string) []byte {
	raw := utf16le(text)
	return append(short(len(raw)/2), raw...)
}

// sized appends a token whose length follows it.
func (a *answer) sized(token byte, body []byte) {
	*a = append(append(append(*a, token), short(len(body))...), body...)
}

func (a *answer) env(kind byte, now, before []byte) {
	a.sized(tokenEnvChange, append(append([]byte{kind}, now...), before...))
}

func (a *answer) message(token byte, m *refusal) {
	body := append(short(m.number), 0, 0)
	body = append(body, m.state, m.class)
	body = append(body, longText(m.text)...)
	body = append(body, shortText(serverName)...)
	body = append(body, shortText("")...)
	a.sized(token, binary.LittleEndian.AppendUint32(body, 1))
}

func (a *answer) loginAck() {
	body := append([]byte{1, 0x74, 0, 0, 4}, shortText("Microsoft SQL Server")...)
	a.sized(tokenLoginAck, append(body, 16, 0, 0x10, 0))
}

// rows appends rows of text.
func (a *answer) rows(rows [][]string, columns int) {
	*a = append(append(*a, tokenColumns), short(columns)...)
	for range columns {
		*a = append(*a, 0, 0, 0, 0, 9, 0, typeNVarChar, 0x20, 0x03) // any user type, nullable, 800 bytes
		*a = append(append(*a, collation...), 0)
	}
	for _, row := range rows {
		*a = append(*a, tokenRow)
		for _, value := range row {
			a.value(value)
		}
	}
}

// null is a value that a column does not have.
const null = "\x00"

func (a *answer) value(value string) {
	if value == null {
		*a = append(*a, 0xff, 0xff)
		return
	}
	raw := utf16le(value)
	*a = append(append(*a, short(len(raw))...), raw...)
}

func (a *answer) done(status uint16, rows int) {
	*a = binary.LittleEndian.AppendUint16(append(*a, tokenDone), status)
	*a = append(append(append(*a, 0, 0), short(rows)...), 0, 0, 0, 0, 0, 0)
}
