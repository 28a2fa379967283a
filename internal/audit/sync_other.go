//go:build !windows

package audit

import "os"

// syncFolder makes the creation of a folder's entries durable.
func syncFolder(folder *os.File) error { return folder.Sync() }
