package tds

import (
	"encoding/binary"
	"unicode/utf16"
)

// login7 is what the stand-in reads of a LOGIN7 message (MS-TDS 2.2.6.4).
type login7 struct {
	user, password, database, newPassword string
}

// The places of offset and length in LOGIN7. FreeTDS leaves out the last of them (FreeTDS/freetds
// src/tds/login.c, tds7_send_login), which the offset of the first text shows.
const (
	atHost        = 36
	atUser        = 40
	atPassword    = 44
	atDatabase    = 68
	atNewPassword = 86
	fewestBytes   = 86
)

func parseLogin(body []byte) (l login7, ok bool) {
	if len(body) < fewestBytes || int(binary.LittleEndian.Uint32(body)) != len(body) {
		return l, false
	}
	fields := map[int]*string{atUser: &l.user, atPassword: &l.password, atDatabase: &l.database}
	if binary.LittleEndian.Uint16(body[atHost:]) > atNewPassword {
		fields[atNewPassword] = &l.newPassword
	}
	for at, field := range fields {
		offset := int(binary.LittleEndian.Uint16(body[at:]))
		size := 2 * int(binary.LittleEndian.Uint16(body[at+2:]))
		if size > 0 && (offset < fewestBytes || offset+size > len(body)) {
			return l, false
		}
		if size > 0 {
			*field = text(body[offset:offset+size], at == atPassword || at == atNewPassword)
		}
	}
	return l, true
}

// text reads UTF-16. In passwords, the halves of each byte are swapped, and its bits changed.
func text(raw []byte, hidden bool) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		low, high := raw[2*i], raw[2*i+1]
		if hidden {
			low, high = reveal(low), reveal(high)
		}
		units[i] = uint16(low) | uint16(high)<<8
	}
	return string(utf16.Decode(units))
}

func reveal(b byte) byte {
	b ^= 0xa5
	return b<<4 | b>>4
}
