package keyvault

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// disk is the store in a bbolt file. A write is synced to disk before it returns.
type disk struct {
	db  *bbolt.DB
	key []byte
}

var _ store = (*disk)(nil)

const (
	lockPatience = 2 * time.Second // how long another process may hold the file
	ownerOnly    = 0o600
)

var (
	settingsBucket = []byte("settings")
	backupKeyName  = []byte("backup key")
)

func openDisk(path string) (*disk, error) {
	db, err := bbolt.Open(path, ownerOnly, &bbolt.Options{Timeout: lockPatience})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("key vault stand-in: the data file %s is in use by another process: stop that process, or use another file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("key vault stand-in: can't open the data file %s: %w", path, err)
	}
	d := &disk{db: db}
	if err := db.Update(d.loadBackupKey); err != nil {
		return nil, errors.Join(fmt.Errorf("key vault stand-in: can't read the data file %s: %w", path, err), db.Close())
	}
	return d, nil
}

// loadBackupKey reads the key, or creates one in a new file, so that backups remain valid after a
// restart.
func (d *disk) loadBackupKey(tx *bbolt.Tx) error {
	settings, err := tx.CreateBucketIfNotExists(settingsBucket)
	if err != nil {
		return err
	}
	d.key = slices.Clone(settings.Get(backupKeyName))
	if len(d.key) == backupKeySize {
		return nil
	}
	d.key = make([]byte, backupKeySize)
	_, _ = rand.Read(d.key) // never fails: it ends the process instead
	return settings.Put(backupKeyName, d.key)
}

func (d *disk) backupKey() []byte { return d.key }

func (d *disk) close() error { return d.db.Close() }

func bucketOf(vault string) []byte { return []byte("vault " + vault) }

func (d *disk) read(vault string, f func(records) error) error {
	return d.db.View(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketOf(vault))
		if bucket == nil {
			return f(newTable())
		}
		return f(boltRecords{bucket})
	})
}

func (d *disk) write(vault string, f func(records) error) error {
	return d.db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(bucketOf(vault))
		if err != nil {
			return err
		}
		return f(boltRecords{bucket})
	})
}

type boltRecords struct{ bucket *bbolt.Bucket }

func (b boltRecords) get(key string) []byte { return b.bucket.Get([]byte(key)) }

func (b boltRecords) put(key string, value []byte) error { return b.bucket.Put([]byte(key), value) }

func (b boltRecords) remove(key string) error { return b.bucket.Delete([]byte(key)) }

func (b boltRecords) after(prefix, last string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		cursor := b.bucket.Cursor()
		start := []byte(prefix + last)
		key, value := cursor.Seek(start)
		if bytes.Equal(key, start) {
			key, value = cursor.Next()
		}
		for ; bytes.HasPrefix(key, []byte(prefix)); key, value = cursor.Next() {
			if !yield(string(key), value) {
				return
			}
		}
	}
}
