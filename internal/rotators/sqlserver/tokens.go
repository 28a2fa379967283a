package sqlserver

import (
	"encoding/binary"
	"strconv"
	"unicode/utf16"

	"rotunda/internal/rotators/bounded"
)

// The tokens that a server may send (MS-TDS 2.2.7). The queries ask for text only, so no column
// has another type. What the driver would allocate for others is not bounded
// (microsoft/go-mssqldb token.go, parseFedAuthInfo and parseColMetadata72; types.go,
// readPLPType).
const (
	tokenReturnStatus = 0x79
	tokenColumns      = 0x81
	tokenOrder        = 0xa9
	tokenError        = 0xaa
	tokenInfo         = 0xab
	tokenLoginAck     = 0xad
	tokenRow          = 0xd1
	tokenSparseRow    = 0xd2
	tokenEnvChange    = 0xe3
	tokenDone         = 0xfd
	tokenDoneProc     = 0xfe
	tokenDoneInProc   = 0xff

	typeNVarChar = 0xe7
	nullLength   = 0xffff
	encrypted    = 0x0800 // in the flags of a column
	moreFollow   = 0x0001 // in the status of DONE
	serverFailed = 0x0100

	maxColumns = 16
	maxTokens  = 4096
	maxRows    = 64
)

// reply is a server's message while it is checked.
type reply struct {
	left    []byte
	bad     bool
	columns int
	rows    int
	acks    int
	ended   bool // by a DONE after which nothing follows
}

// checkReply returns an error for a message that is not whole, or has anything that our queries do
// not ask for.
func checkReply(body []byte) error {
	r := &reply{left: body}
	for tokens := 0; len(r.left) > 0 && !r.bad; tokens++ {
		r.bad = r.ended || tokens > maxTokens
		r.token(r.byte())
	}
	if r.bad || !r.ended {
		return bounded.ErrUnexpected
	}
	return nil
}

func (r *reply) take(n int) []byte {
	if n < 0 || n > len(r.left) {
		r.bad, r.left = true, nil
		return make([]byte, max(0, min(n, packetHeader)))
	}
	taken := r.left[:n]
	r.left = r.left[n:]
	return taken
}

func (r *reply) byte() byte { return r.take(1)[0] }

func (r *reply) uint16() int { return int(binary.LittleEndian.Uint16(r.take(2))) }

// within checks a part whose length precedes it.
func (r *reply) within(check func(part *reply)) {
	part := &reply{left: r.take(r.uint16())}
	if !r.bad {
		check(part)
		r.bad = part.bad || len(part.left) > 0
	}
}

func (r *reply) token(kind byte) {
	switch kind {
	case tokenReturnStatus:
		r.take(4)
	case tokenColumns:
		r.metadata()
	case tokenOrder:
		r.within(func(part *reply) { part.left = nil })
	case tokenError, tokenInfo:
		r.within((*reply).message)
	case tokenLoginAck:
		r.acks++
		r.bad = r.bad || r.acks > 1
		r.within((*reply).loginAck)
	case tokenRow:
		r.row(nil)
	case tokenSparseRow:
		r.row(r.take((r.columns + 7) / 8))
	case tokenEnvChange:
		r.within((*reply).change)
	case tokenDone, tokenDoneProc, tokenDoneInProc:
		status := r.uint16()
		r.take(2 + 8)
		r.ended = status&moreFollow == 0
		r.bad = r.bad || status&serverFailed != 0
	default:
		r.bad = true
	}
}

func (r *reply) shortText() string { return r.text(int(r.byte())) }

func (r *reply) text(units int) string {
	raw := r.take(2 * units)
	decoded := make([]uint16, len(raw)/2)
	for i := range decoded {
		decoded[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(decoded))
}

// message checks the body of ERROR and INFO: number, state, class, text, server, procedure, line.
func (r *reply) message() {
	r.take(4 + 1 + 1)
	r.text(r.uint16())
	r.shortText()
	r.shortText()
	r.take(4)
}

func (r *reply) loginAck() {
	r.take(1 + 4)
	r.shortText()
	r.take(4)
}

// change checks an ENVCHANGE. Of unknown kinds, the driver leaves a part unread.
func (r *reply) change() {
	switch kind := r.byte(); kind {
	case 4: // packet size
		size, err := strconv.Atoi(r.shortText())
		r.bad = r.bad || err != nil || size < 512 || size > 32767
		r.shortText()
	case 1, 2, 3, 13, 18, 19: // database, language, character set, mirror, reset, instance
		r.shortText()
		r.shortText()
	case 7: // collation
		r.bad = r.byte() != 5
		r.take(5)
		r.shortText()
	case 8, 9, 10: // transaction begun, committed, rolled back
		begun := r.byte()
		r.bad = r.bad || kind == 8 && begun != 8
		r.take(int(begun))
		r.take(int(r.byte()))
	case 20: // route
		r.within(func(part *reply) {
			part.take(1 + 2)
			part.text(part.uint16())
		})
		r.take(2)
	default:
		r.bad = true
	}
}

func (r *reply) metadata() {
	r.columns = r.uint16()
	r.bad = r.bad || r.columns == 0 || r.columns > maxColumns
	for range min(r.columns, maxColumns) {
		r.take(4)
		flags, kind, size := r.uint16(), r.byte(), r.uint16()
		r.bad = r.bad || flags&encrypted != 0 || kind != typeNVarChar || size == nullLength
		r.take(5) // collation
		r.shortText()
	}
}

// row checks the values of a row but for those that the bits in absent leave out.
func (r *reply) row(absent []byte) {
	r.rows++
	r.bad = r.bad || r.columns == 0 || r.rows > maxRows
	for i := range min(r.columns, maxColumns) {
		if i/8 < len(absent) && absent[i/8]&(1<<(i%8)) != 0 {
			continue
		}
		if size := r.uint16(); size != nullLength {
			r.take(size)
		}
	}
}
