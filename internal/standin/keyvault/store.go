package keyvault

import "iter"

// store keeps bytes by vault and key. Its two kinds differ in nothing but where they keep them.
type store interface {
	// read runs f on the vault as it is; f must not write.
	read(vault string, f func(records) error) error
	// write runs f and then keeps what it wrote, or nothing of it if f fails. On return it is as safe as it gets.
	write(vault string, f func(records) error) error
	// backupKey is the key that backups of this store are sealed with.
	backupKey() []byte
	close() error
}

// records are one vault's, inside one transaction. A vault that was never written is empty.
type records interface {
	get(key string) []byte // nil if there is none
	put(key string, value []byte) error
	remove(key string) error
	// after yields, in ascending order, the keys that begin with prefix and come after the key prefix+last.
	after(prefix, last string) iter.Seq2[string, []byte]
}

const backupKeySize = 32
