package audit

import "os"

// syncFolder does nothing: Windows has no sync of folders, and NTFS keeps a journal of them.
func syncFolder(*os.File) error { return nil }
