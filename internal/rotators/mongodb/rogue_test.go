package mongodb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"rotunda/internal/rotation"
	"rotunda/internal/rotators/rotatortest"
	"rotunda/internal/secret"
)

var goodHello = bson.D{{Key: "isWritablePrimary", Value: true}, {Key: "maxWireVersion", Value: 21}, {Key: "ok", Value: 1}}

// hostile are documents, or what is in the place of one.
var hostile = map[string]any{
	"no document":        []byte{},
	"a length too large": []byte{0xff, 0xff, 0xff, 0x7f, 0},
	"a negative length":  []byte{0xff, 0xff, 0xff, 0xff, 0},
	"an unknown type":    []byte{8, 0, 0, 0, 0x99, 'a', 0, 0},
	"a text too long":    []byte{16, 0, 0, 0, 2, 'a', 0, 0xff, 0xff, 0xff, 0x7f, 'b', 0, 0, 0, 0},
	"nothing said":       bson.D{},
	"ok as text":         bson.D{{Key: "ok", Value: "1"}},
	"ok as 1.5":          bson.D{{Key: "ok", Value: 1.5}},
	"an error":           bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: 12345}, {Key: "errmsg", Value: strings.Repeat("canary", 5000)}},
	"an error of texts":  bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: "canary"}},
	"another hello":      bson.D{{Key: "ok", Value: 1}, {Key: "maxWireVersion", Value: "canary"}},
	"a challenge":        sasl("r=canary,s=canary,i=4096"),
	"much work":          sasl("r=canary,s=Y2FuYXJ5,i=2147483647"),
	"more work":          sasl("r=canary,s=Y2FuYXJ5,i=99999999999999999999"),
	"little work":        sasl("r=canary,s=Y2FuYXJ5,i=1"),
	"no proof":           bson.D{{Key: "ok", Value: 1}, {Key: "done", Value: true}},
	"deep":               deep(4000),
	"wide":               bson.D{{Key: "ok", Value: 1}, {Key: "users", Value: wide(5000)}},
	"wide mechanisms":    bson.D{{Key: "ok", Value: 1}, {Key: "maxWireVersion", Value: 21}, {Key: "saslSupportedMechs", Value: wide(5000)}},
}

func sasl(payload string) bson.D {
	return bson.D{{Key: "conversationId", Value: 1}, {Key: "done", Value: false}, {Key: "payload", Value: []byte(payload)}, {Key: "ok", Value: 1}}
}

func deep(levels int) []byte {
	document := []byte{5, 0, 0, 0, 0}
	for range levels {
		document = append(binary.LittleEndian.AppendUint32(nil, uint32(len(document)+8)), append(append([]byte{3, 'a', 0}, document...), 0)...)
	}
	return document
}

func wide(n int) bson.A {
	values := make(bson.A, n)
	for i := range values {
		values[i] = bson.D{}
	}
	return values
}

func TestARogueMongoDBCantHurt(t *testing.T) {
	for name, document := range hostile {
		for _, polite := range []int{0, 1, 2} {
			t.Run(fmt.Sprintf("%s after %d", name, polite), func(t *testing.T) {
				wantHarmless(t, func(conn net.Conn) {
					for i := range 10 {
						said := any(goodHello)
						if i >= polite {
							said = document
						}
						if !answer(conn, said) {
							return
						}
					}
				})
			})
		}
	}
	for name, flood := range map[string]string{"zeros": "\x00", "text": "HTTP/1.1 400 canary\r\n", "lengths": "\xff\xff\xff\x7f", "short messages": "\x1a\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00"} {
		t.Run("a flood of "+name, func(t *testing.T) {
			wantHarmless(t, func(conn net.Conn) { rotatortest.Flood(conn, []byte(flood)) })
		})
	}
}

// answer reads a command and sends a document, or bytes in the place of one.
func answer(conn net.Conn, said any) bool {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(conn, header); err != nil {
		return false
	}
	if _, err := io.CopyN(io.Discard, conn, int64(binary.LittleEndian.Uint32(header))-headerSize); err != nil {
		return false
	}
	body, raw := said.([]byte)
	if !raw {
		body, _ = bson.Marshal(said)
	}
	message := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+headerSize+flagsSize+1))
	message = append(append(message, 1, 0, 0, 0), header[4:8]...)
	message = append(binary.LittleEndian.AppendUint32(message, opMsg), 0, 0, 0, 0, 0)
	_, err := conn.Write(append(message, body...))
	return err == nil
}

func rogueSubject(addr string) rotation.Subject {
	return rotation.Subject{
		Name: "orders-db", Owner: vaultSecret, Address: "mongodb://" + addr + "/shop?tls=false", CredentialID: "orders",
		Current: secret.NewValue(value("orders", oldPassword)),
	}
}

func wantHarmless(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	rotatortest.WantBounded(t, Rotator{}, rogueSubject(rotatortest.StartRogue(t, serve).Addr))
}

// A server that accepts everything and can't prove that it knows the password proves nothing, and
// does not learn a password.
func TestOnlyAServerThatKnowsThePasswordAccepts(t *testing.T) {
	accept := bson.D{
		{Key: "isWritablePrimary", Value: true},
		{Key: "maxWireVersion", Value: 21},
		{Key: "ok", Value: 1},
		{Key: "conversationId", Value: 1},
		{Key: "done", Value: true},
		{Key: "authInfo", Value: bson.D{{Key: "authenticatedUsers", Value: bson.A{bson.D{{Key: "user", Value: "orders"}, {Key: "db", Value: "shop"}}}}}},
	}
	for payload := range map[string]bool{"": true, "v=": true, "v=canary": true, "r=canary,s=Y2FuYXJ5,i=4096": true, "e=other-error": true} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
			for answer(conn, append(bson.D{{Key: "payload", Value: []byte(payload)}}, accept...)) {
			}
		})
		s := rogueSubject(rogue.Addr)
		rotatortest.WantVerdict(t, Rotator{}, s, value("orders", newPassword), rotation.Unknown)
		if err := (Rotator{}).Apply(t.Context(), s, secret.NewValue(value("orders", newPassword)), rotatortest.Unfenced); err == nil {
			t.Errorf("%q: applied", payload)
		}
		if strings.Contains(rogue.Heard(), "canary") {
			t.Errorf("%q: the server learns %q", payload, rogue.Heard())
		}
	}
}

// Only AuthenticationFailed rejects a login.
func TestOnlyAuthenticationFailedRejects(t *testing.T) {
	for code, want := range map[int]rotation.Verdict{18: rotation.Rejected, 13: rotation.Unknown, 8000: rotation.Unknown, 11: rotation.Unknown, 91: rotation.Unknown, 0: rotation.Unknown, 1: rotation.Unknown} {
		rogue := rotatortest.StartRogue(t, func(conn net.Conn) {
			_ = answer(conn, goodHello) && answer(conn, bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "errmsg", Value: "canary bad auth"}})
		})
		rotatortest.WantVerdict(t, Rotator{}, rogueSubject(rogue.Addr), value("orders", newPassword), want)
	}
}

func TestLocatingMongoDBEndsWithItsCaller(t *testing.T) {
	rotatortest.WantPatience(t, Rotator{}, func(rogue *rotatortest.Rogue) rotation.Subject { return rogueSubject(rogue.Addr) })
}

// Whatever arrives, a message is read or refused.
func FuzzMessages(f *testing.F) {
	role := fields{}.text("role", "readWrite").text("db", "shop")
	one := fields{}.text("user", "orders").text("db", "shop").document("customData", fields{}.text("team", "b").text(markField, "another"))
	for _, response := range []fields{
		fields{}.yes("isWritablePrimary").number("maxWireVersion", 21).number("ok", 1),
		{},
		one, one.document("roles", fields{}.document("0", role)), fields{}.document("authInfo", fields{}.document("authenticatedUsers", one)),
	} {
		good := encode(1, response)
		binary.LittleEndian.PutUint32(good[8:], 1)
		f.Add(good)
		f.Add(good[:20])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		document, err := receive(bytes.NewReader(data), 1)
		if err != nil {
			return
		}
		for _, read := range []func(*reader){(&hello{}).read, (&status{}).read, (&saslResponse{}).read} {
			read(&reader{document: document})
		}
		_ = readRefusal(&reader{document: document})
		found := readUser(&reader{document: document})
		checkGiven(t, document, likeOwner(found, found, vaultSecret))
	})
}

// checkGiven compares what a user is given with what the driver's decoder reads of its owner.
func checkGiven(t *testing.T, owner bsoncore.Document, given fields) {
	t.Helper()
	var theirs struct {
		Custom bson.D `bson:"customData"`
	}
	var ours struct {
		Custom bson.D        `bson:"customData"`
		Roles  bson.RawValue `bson:"roles"`
	}
	if bson.Unmarshal(owner, &theirs) != nil || !hasOne(owner, "customData") {
		return
	}
	if err := bson.Unmarshal(given.encode(), &ours); err != nil {
		t.Fatalf("%v is no document: %v", given, err)
	}
	want := slices.DeleteFunc(theirs.Custom, func(e bson.E) bool { return e.Key == markField })
	want = append(want, bson.E{Key: markField, Value: vaultSecret})
	if fmt.Sprint(ours.Custom) != fmt.Sprint(want) {
		t.Errorf("custom data %v, want %v", ours.Custom, want)
	}
}

// hasOne reports whether a document has one field of a name, in that case: the decoder ignores
// case, and takes the last of several.
func hasOne(document bsoncore.Document, name string) bool {
	elements, err := document.Elements()
	same := slices.DeleteFunc(elements, func(e bsoncore.Element) bool { return !strings.EqualFold(e.Key(), name) })
	return err == nil && len(same) == 1 && same[0].Key() == name
}
