package settings

import (
	"net/url"
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
	CAFolder      string // with the files of authorities that tags may name; "" for none
	Plaintext     bool   // whether rotations may connect without TLS to other machines

	WebhookAudiences []WebhookAudience // of the hooks that get a token of the app's identity

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
		CAFolder:      r.caFolder(),
		Plaintext:     r.truth(RotationPlaintext),

		WebhookAudiences: r.webhookAudiences(),
	}
	c.LockAccount, c.LockFolder = r.locks()
	if timeout > 0 && c.Cooldown <= timeout {
		r.problemf("%s is %s: it must be longer than functionTimeout, which is %s, so that no rotation begins while an earlier invocation may still run",
			RotationCooldown, c.Cooldown, timeout)
	}
	return c
}

// providerHosts reads a list of scheme://host or scheme://host:port, where the host may begin with
// *. for all hosts below it. Its problem does not quote an entry, which may hold a password.
func (r *reader) providerHosts() string {
	list := r.getenv(RotationProviderHosts)
	for entry := range strings.SplitSeq(list, ",") {
		if list != "" && !isServer(strings.TrimSpace(entry)) {
			r.problemf("%s must be a list of servers, separated by commas, each as scheme://host or scheme://host:port, such as postgres://db.example.com", RotationProviderHosts)
			break
		}
	}
	return list
}

func isServer(entry string) bool {
	u, err := url.Parse(entry)
	if err != nil || u.Scheme == "" || u.Hostname() == "" {
		return false
	}
	host, isWildcard := strings.CutPrefix(u.Hostname(), "*.")
	isBare := u.User == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
	return isBare && host != "" && !strings.Contains(host, "*") && (!isWildcard || !strings.HasPrefix(host, "."))
}

func (r *reader) caFolder() string {
	folder := r.getenv(RotationCAFolder)
	if info, err := os.Stat(folder); folder != "" && (err != nil || !info.IsDir()) {
		r.problemf("%s is %q: it must be a folder with files of certificate authorities, or empty", RotationCAFolder, folder)
	}
	return folder
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
	if err := writable(folder); err != nil {
		r.problemf("%s is %q, which can't be used: %w: name a folder that the app may write to; it is created if it does not exist", RotationLockFolder, folder, err)
	}
	return account, folder
}

// writable creates a folder if it does not exist, and a file in it, which it removes.
func writable(folder string) error {
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, "check-*")
	if err != nil {
		return err
	}
	_ = file.Close()
	return os.Remove(file.Name())
}

// isStorageAccount reports whether name follows Azure's rule for names of storage accounts.
func isStorageAccount(name string) bool {
	return len(name) >= 3 && len(name) <= 24 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
