// Package lease has the locks that let one worker at a time rotate a secret: Blob in Azure, where workers share
// nothing but a storage account, and File on one machine. Both are a rotation.Locker.
//
// Neither is a fence: a worker that sleeps through its lease may wake up and write. Rotation's record covers that.
package lease

import (
	"strings"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
)

var (
	_ rotation.Locker = (*Blob)(nil)
	_ rotation.Locker = File{}
)

// key is one for all spellings of a name: to Key Vault, Db and db are one secret.
func key(name string) (string, error) {
	name, err := secret.ParseName(name) // nothing that could leave the folder gets past it
	return strings.ToLower(name), err
}
