package keyvault

import "iter"

// store stores bytes by vault and key. Its two implementations differ only in where.
type store interface {
	// read runs f on the vault; f must not write.
	read(vault string, f func(records) error) error
	// write runs f and stores what it wrote, or nothing if f fails. When it returns, the data is
	// stored.
	write(vault string, f func(records) error) error
	// backupKey returns the key with which backups of this store are sealed.
	backupKey() []byte
	close() error
}

// records are those of one vault, in one transaction. A vault that was never written to is empty.
type records interface {
	get(key string) []byte // nil if there is none
	put(key string, value []byte) error
	remove(key string) error
	// after yields, in ascending order, the keys that start with prefix and follow the key
	// prefix+last.
	after(prefix, last string) iter.Seq2[string, []byte]
}

const backupKeySize = 32
