package settings

import (
	"os"
	"strings"
	"time"
)

// Rotation is what the rotation engine and its locks need.
type Rotation struct {
	Lead          time.Duration // before expiry, if no tag says otherwise
	Grace         time.Duration
	Cooldown      time.Duration
	AttemptLimit  time.Duration
	ProviderHosts string // that rotations may connect to; "" for any

	// LockAccount and LockFolder say where locks are kept. At most one is set.
	LockAccount, LockFolder string
}

const (
	maxGrace        = 90 * 24 * time.Hour
	defaultCooldown = 10 * time.Minute
	// eventLimit bounds an attempt: Event Grid waits 30 s for an answer
	// (articles/event-grid/delivery-and-retry.md).
	eventLimit = 25 * time.Second
)

func (r *reader) rotation() Rotation {
	timeout := r.functionTimeout()
	c := Rotation{
		Lead:          time.Duration(r.number(RotationLeadDays, 30)) * 24 * time.Hour,
		Grace:         r.duration(RotationGrace, 24*time.Hour, maxGrace),
		Cooldown:      r.duration(RotationCooldown, max(defaultCooldown, 2*timeout), maxGrace),
		AttemptLimit:  min(eventLimit, timeout*4/5), // at the timeout, the host kills the handler
		ProviderHosts: r.providerHosts(),
	}
	c.LockAccount, c.LockFolder = r.locks()
	if timeout > 0 && c.Cooldown <= timeout {
		r.problemf("%s is %s: it must be longer than functionTimeout, which is %s, so that no rotation begins while an earlier invocation may still run",
			RotationCooldown, c.Cooldown, timeout)
	}
	return c
}

// locks returns where locks are kept: by default, in the host's own storage account.
func (r *reader) locks() (account, folder string) {
	name, account, folder := RotationLockAccount, r.getenv(RotationLockAccount), r.getenv(RotationLockFolder)
	if account == "" && folder == "" {
		name, account = StorageAccountName, r.getenv(StorageAccountName)
	}
	if account != "" && folder != "" {
		r.problemf("%s and %s are both set: in Azure, remove the folder; on one machine, remove the account", RotationLockAccount, RotationLockFolder)
	}
	if account != "" && !isStorageAccount(account) {
		r.problemf("%s is %q: it must be the name of a storage account, 3 to 24 lower-case letters and digits", name, account)
	}
	if about, err := os.Stat(folder); folder != "" && err == nil && !about.IsDir() {
		r.problemf("%s is %q, which is not a folder: name a folder, which is created if it does not exist", RotationLockFolder, folder)
	}
	return account, folder
}

// providerHosts reads a list of host names. A wrong one would match no host, and its rotations
// would stop.
func (r *reader) providerHosts() string {
	hosts := r.getenv(RotationProviderHosts)
	if hosts == "" {
		return ""
	}
	for host := range strings.SplitSeq(hosts, ",") {
		host = strings.TrimSpace(host)
		if name := strings.TrimPrefix(host, "*."); name == "" || strings.ContainsAny(name, "/*@[ ") || strings.Count(name, ":") == 1 {
			r.problemf("%s has the entry %q: it must be a list of host names without scheme and port, separated by commas, such as db.example.com, *.cache.example.com",
				RotationProviderHosts, host)
		}
	}
	return hosts
}

// isStorageAccount reports whether name follows Azure's rule for names of storage accounts.
func isStorageAccount(name string) bool {
	return len(name) >= 3 && len(name) <= 24 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
