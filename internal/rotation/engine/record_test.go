package engine

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

func TestRecordRoundTrip(t *testing.T) {
	at := noon.Add(1234567 * time.Nanosecond)
	r := record{
		content: content{Operation: newOperation(), Of: "db", Base: "b", Fingerprint: "f", Value: new("v"), Key: "k", KeyHash: "h", At: at},
		progress: progress{
			state: rotation.Retiring, since: at, tries: 3, next: at.Add(time.Hour), retireAt: at.Add(day), retire: retireBase, reason: "why",
			lastSuccess: at, exposure: 1500 * time.Millisecond, control: "c", refused: 2, seen: "s",
		},
		version: "1", id: "https://vault/1",
	}
	text, _ := r.encode()
	r.text = hash(text)
	tags := r.tags("db")
	got, err := parseRecord(secret.Secret{ID: r.id, Name: "db--pending", Version: r.version, Value: secret.NewValue(text), ContentType: new(recordType), Tags: tags})
	if err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("comes back as %+v, %v", got, err)
	}
	if len(tags) > secret.MaxTags {
		t.Errorf("%d tags", len(tags))
	}
}

// TestOldRecord: records of the first releases hold the value within their JSON.
func TestOldRecord(t *testing.T) {
	old := `{"op":"x","of":"Db","base":"1","fp":"f","value":"a\nb","at":"2026-01-01T00:00:00Z"}`
	r, err := parseRecord(secret.Secret{Name: "db--pending", Version: "1", Value: secret.NewValue(old), ContentType: new(recordType)})
	if err != nil || r.pending().Reveal() != "a\nb" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestNotARecord: a secret that is not a record is rejected, however similar it looks.
func TestNotARecord(t *testing.T) {
	for name, found := range map[string]secret.Secret{
		"another secret's":     {Name: "db--pending", Value: secret.NewValue(`{"op":"x","of":"other"}`), ContentType: new(recordType)},
		"another content type": {Name: "db--pending", Value: secret.NewValue(`{"op":"x","of":"db"}`), ContentType: new("application/json")},
		"no content type":      {Name: "db--pending", Value: secret.NewValue(`{"op":"x","of":"db"}`)},
		"no JSON":              {Name: "db--pending", Value: secret.NewValue("op"), ContentType: new(recordType)},
	} {
		if _, err := parseRecord(found); !isNotARecord(err) || !isPermanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRecordOfALargeValue: the largest value that a vault can hold fits into its record, even if
// JSON would escape every character.
func TestRecordOfALargeValue(t *testing.T) {
	value := strings.Repeat("\n\"", 12_500)
	c := content{Operation: newOperation(), Of: strings.Repeat("d", 127), Base: strings.Repeat("b", 32), Fingerprint: hash(""), Value: &value, At: noon}
	text, err := c.encode()
	if err != nil || len(text) > secret.MaxValueBytes {
		t.Errorf("%d bytes of at most %d, %v", len(text), secret.MaxValueBytes, err)
	}
	var again content
	if !again.decode(text) || *again.Value != value {
		t.Error("it comes back as another one")
	}
}

func TestLongReasonFitsATag(t *testing.T) {
	r := record{progress: progress{reason: strings.Repeat("ü", 2*secret.MaxTagLength)}}
	if got := []rune(r.tags("db")[tagReason]); len(got) != secret.MaxTagLength {
		t.Errorf("%d letters", len(got))
	}
}

// FuzzRecord parses anything that the vault may hold under a record's name, with any tags: parsing
// does no harm, and what was written is read back unchanged.
func FuzzRecord(f *testing.F) {
	f.Add(`{"op":"x","of":"db","base":"1","fp":"f","value":"v","at":"2026-01-01T00:00:00Z"}`, "retiring", "2026-01-01T00:00:00Z", "3")
	f.Add(`not JSON`, "", "yesterday", "-1")
	f.Add(`{"value":null,"at":5}`, "closed", "", "9999999999999999999")
	f.Add(`[]`, "attention", "0001-01-01T00:00:00Z", "x")
	f.Fuzz(func(t *testing.T, value, state, at, count string) {
		tags := map[string]string{tagState: state, tagSince: at, tagNext: at, tagRetireAt: at, tagTries: count, tagRefused: count, tagExposure: count, tagReason: value}
		r, err := parseRecord(secret.Secret{Name: "db--pending", Version: "1", Value: secret.NewValue(value), ContentType: new(recordType), Tags: tags})
		if err != nil {
			if !isPermanent(err) || value != "" && len(value) > 20 && strings.Contains(err.Error(), value) {
				t.Fatalf("fails with %v", err)
			}
			return
		}
		r.pending()
		r.open()
		again := parseProgress(r.tags("db"))
		if again.state != r.state || !again.since.Equal(r.since) || again.tries != r.tries || again.refused != r.refused {
			t.Fatalf("%+v comes back as %+v", r.progress, again)
		}
	})
}
