package settings

import (
	"os"
	"path/filepath"
)

// Access says who may call, and what is kept of that.
type Access struct {
	// Tokens reports whether callers sign in by token. Otherwise they send function keys, which
	// the Functions host checks.
	Tokens bool
	// Audience, ClientID and Tenants say which tokens of Entra are accepted, and TrustedIssuers,
	// JSON, whose others.
	Audience, ClientID string
	Tenants            []string
	TrustedIssuers     string
	// RulesFile is access.json.
	RulesFile string
	// CallsPerSecond limits each caller; 0 is no limit.
	CallsPerSecond int
	// AuditWritesOnly leaves reads out of the audit. At most one of AuditAccount and AuditFolder is
	// set; with none, the audit is only in the log.
	AuditWritesOnly           bool
	AuditAccount, AuditFolder string
}

// DefaultRulesFile is the file of rules in the app root.
const DefaultRulesFile = "access.json"

// The ways to sign in.
const (
	byKeys   = "keys"
	byTokens = "tokens"
)

// appRoot returns the folder with host.json and the function.json files. The host starts the
// handler in it (WebJobs.Script/Workers/Http/Configuration/HttpWorkerOptionsSetup.cs), and newer
// ones name it too.
func (r *reader) appRoot() string {
	if root := r.getenv(AppRoot); root != "" {
		return root
	}
	return "."
}

// access reads the settings of sign-in and audit. Package signin checks audiences, tenants and
// issuers, and package rules the rules.
func (r *reader) access() Access {
	a := Access{
		Tokens: r.choice(SignIn, byKeys, byTokens) == byTokens, Audience: r.getenv(SignInAudience), ClientID: r.getenv(SignInClientID),
		Tenants: r.list(SignInTenants), TrustedIssuers: r.getenv(TrustedIssuers), RulesFile: r.getenv(AccessRulesFile),
		CallsPerSecond:  r.numberOrNone(CallerCallsPerSecond),
		AuditWritesOnly: r.choice(Audit, "all", "writes") == "writes",
		AuditAccount:    r.getenv(AuditAccount), AuditFolder: r.getenv(AuditFolder),
	}
	inRoot := filepath.Join(r.appRoot(), DefaultRulesFile)
	if a.Tokens {
		if a.RulesFile == "" {
			a.RulesFile = inRoot
		}
	} else {
		r.onlyWithTokens(inRoot)
	}
	r.auditPlace(a)
	return a
}

// onlyWithTokens reports what has no effect while callers sign in by keys. To ignore it would let
// callers do what somebody believes to be forbidden.
func (r *reader) onlyWithTokens(rules string) {
	for _, name := range []string{SignInAudience, SignInClientID, SignInTenants, TrustedIssuers, AccessRulesFile} {
		if r.getenv(name) != "" {
			r.problemf("%s is set, but %s is %s, with which nobody is asked for a token and no rules apply: set %s=%s, or remove %s",
				name, SignIn, byKeys, SignIn, byTokens, name)
		}
	}
	if _, err := os.Stat(rules); err == nil {
		r.problemf("%s exists, but %s is %s, with which no rules apply: set %s=%s, or remove the file", rules, SignIn, byKeys, SignIn, byTokens)
	}
}

func (r *reader) auditPlace(a Access) {
	if a.AuditAccount != "" && a.AuditFolder != "" {
		r.problemf("%s and %s are both set: in Azure, remove the folder; on one machine, remove the account", AuditAccount, AuditFolder)
	}
	if a.AuditAccount != "" && !isStorageAccount(a.AuditAccount) {
		r.problemf("%s is %q: it must be the name of a storage account, 3 to 24 lower-case letters and digits", AuditAccount, a.AuditAccount)
	}
	if about, err := os.Stat(a.AuditFolder); a.AuditFolder != "" && err == nil && !about.IsDir() {
		r.problemf("%s is %q, which is not a folder: name a folder, which is created if it does not exist", AuditFolder, a.AuditFolder)
	}
}
