package keyvault

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// The kinds of event (MicrosoftDocs/azure-docs articles/event-grid/event-schema-key-vault.md).
// There are events for disabled secrets too.
const (
	SecretNewVersionCreated = "Microsoft.KeyVault.SecretNewVersionCreated"
	SecretNearExpiry        = "Microsoft.KeyVault.SecretNearExpiry"
	SecretExpired           = "Microsoft.KeyVault.SecretExpired"
)

// Event is an Event Grid event about a secret. EventGrid and CloudEvent return it in the two
// schemas.
type Event struct {
	ID        string // unique
	Type      string // one of the constants
	Time      time.Time
	Vault     string
	SecretID  string // the version's URL
	Name      string
	Version   string
	NotBefore *int64 // Unix seconds
	Expires   *int64
}

// eventData is the data in both schemas. The document shows the two times as text, but calls them
// numbers.
type eventData struct {
	ID         string  `json:"Id"`
	VaultName  string  `json:"VaultName"`
	ObjectType string  `json:"ObjectType"`
	ObjectName string  `json:"ObjectName"`
	Version    string  `json:"Version"`
	NotBefore  *string `json:"NBF"`
	Expires    *string `json:"EXP"`
}

type gridEvent struct {
	ID              string    `json:"id"`
	Topic           string    `json:"topic"`
	Subject         string    `json:"subject"`
	EventType       string    `json:"eventType"`
	EventTime       time.Time `json:"eventTime"`
	DataVersion     string    `json:"dataVersion"`
	MetadataVersion string    `json:"metadataVersion"`
	Data            eventData `json:"data"`
}

type cloudEvent struct {
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Subject     string    `json:"subject"`
	Type        string    `json:"type"`
	Time        time.Time `json:"time"`
	SpecVersion string    `json:"specversion"`
	Data        eventData `json:"data"`
}

// EventGrid returns the event in Event Grid's schema.
func (e Event) EventGrid() json.RawMessage {
	return written(gridEvent{e.ID, e.topic(), e.Name, e.Type, e.Time, "1", "1", e.data()})
}

// CloudEvent returns the event in the CloudEvents 1.0 schema.
func (e Event) CloudEvent() json.RawMessage {
	return written(cloudEvent{e.ID, e.topic(), e.Name, e.Type, e.Time, "1.0", e.data()})
}

func written(event any) json.RawMessage {
	text, _ := json.Marshal(event) // only strings and times, which can be encoded
	return text
}

func (e Event) topic() string { return Topic(e.Vault) }

// Topic returns the source of a vault's events: its id in Azure Resource Manager.
func Topic(vault string) string {
	return "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.KeyVault/vaults/" + vault
}

func (e Event) data() eventData {
	return eventData{e.SecretID, e.Vault, "Secret", e.Name, e.Version, seconds(e.NotBefore), seconds(e.Expires)}
}

func seconds(unix *int64) *string {
	if unix == nil {
		return nil
	}
	text := strconv.FormatInt(*unix, 10)
	return &text
}

// place is where a secret is: its vault, the authority in its ids, and its name.
type place struct{ vault, authority, name string }

func (s *Server) newEvent(kind string, of place, v version) Event {
	return Event{
		ID: uuid.NewString(), Type: kind, Time: s.options.Now().UTC(), Vault: of.vault, Name: of.name, Version: v.ID,
		SecretID: idOf(of.authority, of.name, v.ID), NotBefore: v.NotBefore, Expires: v.Expires,
	}
}
