// Package lease provides the locks that let one worker at a time rotate a secret: Blob in Azure,
// where workers share nothing but a storage account, and File on one machine. Without either,
// None refuses every rotation. All three implement rotation.Locks:
// they also keep the notes that prove whose a record is.
//
// A lock alone does not stop a worker that sleeps past the end of its lease, wakes up, and
// writes. Rotation's record covers that.
package lease

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

var (
	_ rotation.Locks = (*Blob)(nil)
	_ rotation.Locks = File{}
	_ rotation.Locks = None{}
)

// key returns the form that all spellings of a name share: to Key Vault, Db and db are one
// secret.
func key(name string) (string, error) {
	name, err := secret.ParseName(name) // a valid name can't lead out of the folder
	return strings.ToLower(name), err
}
