package keyvault

import (
	"encoding/json"
	"fmt"
	"strings"
)

// secret is what a vault stores for a name, with either the live or the deleted ones.
type secret struct {
	Name    string // as it was first written; names ignore case
	Latest  string // id of the latest version
	Deleted *deletion
}

// deletion holds times in Unix seconds.
type deletion struct {
	At      int64
	PurgeAt int64
}

// version holds times in Unix seconds. Backups hold it too.
type version struct {
	ID          string
	Previous    string // id of the version before, of a certificate's secret
	Value       string
	ContentType *string
	Tags        map[string]string // nil: never set; empty: set so
	Enabled     bool
	NotBefore   *int64
	Expires     *int64
	Created     int64
	Updated     int64
}

// Prefixes of keys. A name has no "/", so no prefix of one name is a prefix of another's.
const (
	livePrefix     = "live/"
	deletedPrefix  = "deleted/"
	versionsPrefix = "version/"
)

func liveKey(name string) string    { return livePrefix + strings.ToLower(name) }
func deletedKey(name string) string { return deletedPrefix + strings.ToLower(name) }
func versionKey(name, id string) string {
	return versionsOf(name) + strings.ToLower(id)
}
func versionsOf(name string) string { return versionsPrefix + strings.ToLower(name) + "/" }

// load reads one record. It returns false if there is none.
func load[T any](r records, key string) (T, bool, error) {
	var record T
	raw := r.get(key)
	if raw == nil {
		return record, false, nil
	}
	err := decode(key, raw, &record)
	return record, err == nil, err
}

func decode(key string, raw []byte, record any) error {
	if err := json.Unmarshal(raw, record); err != nil {
		return fmt.Errorf("the record %q is damaged (remove the data file to start again): %w", key, err)
	}
	return nil
}

func keep(r records, key string, record any) error {
	raw, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("keeping %q: %w", key, err)
	}
	return r.put(key, raw)
}

// erase removes a name with all its versions, live or deleted.
func erase(r records, name string) error {
	keys := []string{liveKey(name), deletedKey(name)}
	for key := range r.after(versionsOf(name), "") {
		keys = append(keys, key)
	}
	for _, key := range keys {
		if err := r.remove(key); err != nil {
			return err
		}
	}
	return nil
}
