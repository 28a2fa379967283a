package openapi

import (
	"encoding/json"

	"rotunda/internal/rotation"
	"rotunda/internal/secret"
	"rotunda/internal/wire"
)

// required lists the schemas of requests, with the fields that a request must have.
var required = map[string][]string{
	"SetSecretRequest": {"value"}, "UpdateSecretRequest": {}, "BatchRequest": {"secrets"}, "BatchItem": {"name"},
}

// objects describes each schema.
var objects = map[string]string{ //nolint:gosec // words about credentials
	"Secret":              "A secret in Key Vault's format. Responses to operations other than get and set, and lists, have no value.",
	"Attributes":          "When the secret is valid, and what the vault knows about it. A request may set enabled, nbf and exp; the others are ignored in it.",
	"SecretPage":          "A page of a list of secrets.",
	"SetSecretRequest":    "A new version. What it leaves out, the version does not have.",
	"UpdateSecretRequest": "What to change of a version. What it leaves out stays as it is. Tags are replaced as a whole.",
	"Backup":              "A backup of all versions of a secret, which only the vault can read.",
	"BatchRequest":        "The secrets to read.",
	"BatchItem":           "A secret to read.",
	"BatchResponse":       "One result for each item, in the order of the request.",
	"BatchResult":         "The result for an item: the secret, or an error.",
	"Rotation":            "The status of a secret's rotation. It never holds a value.",
	"RotationPage":        "A page of a list of rotations.",
	"RotationPlan":        "What a rotation would do.",
	"Acceptance":          "Whether the provider accepts a credential.",
	"Rotators":            "The kinds of credential that the app can rotate.",
	"Rotator":             "A kind of credential.",
	"Access":              "Who the caller is, and what it may do.",
	"Grant":               "What a rule allows the caller.",
	"Health":              "Whether the vault answers, and whether it accepts the app's identity.",
	"Error":               "An error in Key Vault's format.",
	"ErrorDetail":         "What is wrong.",
	"InnerError":          "The cause, where the code alone does not say it.",
}

// field is what the table of fields says beyond the type.
type field struct {
	text   string
	refine func(*schema)
}

// fields describes each field, by schema and name.
var fields = map[string]field{
	"Secret.value":              {"The secret's value.", with(sample(`"…"`))},
	"Secret.contentType":        {"The type of the value, as whoever set it says.", with(sample(`"text/plain"`))},
	"Secret.id":                 {"The vault's address of the version. It names the secret.", with(uri, sample(`"https://contoso.vault.azure.net/secrets/payments-db/`+aVersion+`"`))},
	"Secret.kid":                {"The key that backs a certificate's secret.", with(uri)},
	"Secret.managed":            {"Whether the secret belongs to a certificate.", nil},
	"Secret.previousVersion":    {"The version before this one, of a certificate's secret.", nil},
	"Secret.attributes":         {"", nil},
	"Secret.tags":               {"The tags.", with(sample(`{"env": "prod"}`))},
	"Secret.recoveryId":         {"The vault's address of the deleted secret.", with(uri)},
	"Secret.deletedDate":        {"When it was deleted, in Unix seconds.", nil},
	"Secret.scheduledPurgeDate": {"When the vault will purge it, in Unix seconds.", nil},

	"Attributes.enabled":         {"Whether the version can be read.", nil},
	"Attributes.nbf":             {"Not valid before, in Unix seconds.", with(seconds)},
	"Attributes.exp":             {"Expires, in Unix seconds.", with(seconds, sample(`1798761600`))},
	"Attributes.created":         {"When the version was created, in Unix seconds.", with(readOnly)},
	"Attributes.updated":         {"When the version was last changed, in Unix seconds.", with(readOnly)},
	"Attributes.recoveryLevel":   {"Whether a deleted secret can be recovered and purged.", with(readOnly, sample(`"Recoverable+Purgeable"`))},
	"Attributes.recoverableDays": {"For how many days a deleted secret can be recovered.", with(readOnly, sample(`90`))},

	"SecretPage.value":    {"The secrets, without values. It may be empty while there is a next page.", nil},
	"SecretPage.nextLink": {"The address of the next page; null on the last one.", with(uri)},

	"SetSecretRequest.value":          {"The value: text of at most 25,600 bytes in UTF-8.", with(maxLength(secret.MaxValueBytes), sample(`"…"`))},
	"SetSecretRequest.contentType":    {"The type of the value.", with(maxLength(secret.MaxContentTypeLength))},
	"SetSecretRequest.tags":           {"The tags of the version.", with(tagsOf)},
	"SetSecretRequest.attributes":     {"", nil},
	"UpdateSecretRequest.contentType": {"The type of the value.", with(maxLength(secret.MaxContentTypeLength))},
	"UpdateSecretRequest.tags":        {"The tags, which replace all that the version has.", with(tagsOf)},
	"UpdateSecretRequest.attributes":  {"", nil},

	"Backup.value": {"The backup.", with(notNull, sample(`"…"`))},

	"BatchRequest.secrets": {"1 to 200 secrets.", with(items(1, wire.MaxBatch))},
	"BatchItem.name":       {"The secret's name. One that is invalid makes this item fail, and no other.", with(sample(`"payments-db"`))},
	"BatchItem.version":    {"A version; without it, the latest.", with(sample(`"` + aVersion + `"`))},
	"BatchResponse.value":  {"The results.", nil},
	"BatchResult.name":     {"The name, as requested.", with(sample(`"payments-db"`))},
	"BatchResult.version":  {"The version, as requested.", nil},
	"BatchResult.status":   {"The status that a get of this secret would have had.", with(sample(`200`))},
	"BatchResult.age":      {"How many seconds ago the secret was read from the vault. Absent means 0.", nil},
	"BatchResult.stale":    {"Whether the vault was unreachable or too slow, and the secret is older than it should be.", nil},
	"BatchResult.error":    {"", nil},
	"BatchResult.secret":   {"", nil},

	"Rotation.name":                 {"The secret's name.", with(sample(`"payments-db"`))},
	"Rotation.status":               {"The state in the terms of Azure's long-running operations.", with(enum("NotStarted", "Running", "Succeeded", "Failed"))},
	"Rotation.state":                {"The state in the terms of docs/rotation.md.", with(enum(texts(states)...))},
	"Rotation.rotator":              {"The kind of credential.", with(sample(`"postgres"`))},
	"Rotation.class":                {"How the provider lets the credential be replaced: see GET /rotators.", with(enum(texts(classes)...))},
	"Rotation.operation":            {"The id of the rotation.", nil},
	"Rotation.since":                {"When the rotation began.", nil},
	"Rotation.lastSuccess":          {"When the last rotation was published.", nil},
	"Rotation.nextDue":              {"When the next rotation is due.", nil},
	"Rotation.nextTry":              {"When the app tries again, after a failed attempt.", nil},
	"Rotation.tries":                {"How many attempts have failed.", nil},
	"Rotation.reason":               {"Why the last attempt failed, or what a person has to do.", nil},
	"Rotation.exposureMilliseconds": {"For how long readers could get a value that the provider did not accept, in the last rotation.", nil},
	"Rotation.exposedSince":         {"Since when readers may be failing.", nil},
	"Rotation.accepted":             {"What a probe of each credential found, where the operation ended credentials.", nil},
	"RotationPage.value":            {"The rotations. It may be empty while there is a next page.", nil},
	"RotationPage.nextLink":         {"The address of the next page; null on the last one.", with(uri)},

	"Acceptance.credential": {"Which credential was tried.", with(enum("current", "previous", "older", "pending"))},
	"Acceptance.version":    {"The version that holds it.", nil},
	"Acceptance.verdict":    {"What the provider said.", with(enum(texts(verdicts)...))},

	"RotationPlan.name":       {"The secret's name.", nil},
	"RotationPlan.ready":      {"Whether the rotation could start now.", nil},
	"RotationPlan.problem":    {"Why it could not.", nil},
	"RotationPlan.rotator":    {"The kind of credential.", nil},
	"RotationPlan.class":      {"How the provider lets the credential be replaced.", with(enum(texts(classes)...))},
	"RotationPlan.credential": {"The credential that would be replaced, such as a login's name.", nil},
	"RotationPlan.steps":      {"What would happen, in order.", nil},
	"RotationPlan.warnings":   {"What to know before.", nil},

	"Rotators.value":    {"The kinds, sorted by name.", nil},
	"Rotators.classes":  {"What each class means to those who read the secret.", nil},
	"Rotators.tags":     {"The tags that every kind reads.", nil},
	"Rotator.name":      {"The kind's name.", with(sample(`"postgres"`))},
	"Rotator.names":     {"What the tag Rotator, or the scheme of ProviderAddress, may say.", nil},
	"Rotator.resources": {"The types of Azure resources that ProviderAddress may name by their ARM id.", nil},
	"Rotator.classes":   {"The classes, of which the first is the default.", with(itemsOf(texts(classes)...))},
	"Rotator.tags":      {"The tags that this kind reads besides.", nil},

	"Access.caller": {"The caller's name in the log and in messages.", nil},
	"Access.signIn": {"How callers sign in to this app.", with(enum("keys", "tokens"))},
	"Access.who":    {"The words by which a rule can mean the caller.", nil},
	"Access.grants": {"What the rules allow the caller, unless a secret was named.", nil},
	"Access.secret": {"The secret that was named.", nil},
	"Access.may":    {"The actions that the caller may do to that secret.", nil},
	"Grant.may":     {"The actions.", nil},
	"Grant.secrets": {"The secrets' names, in which * stands for any text.", nil},

	"Health.status":   {"ok if everything works.", with(enum("ok", "unavailable"))},
	"Health.vault":    {"What the vault did.", with(enum("ok", "failing", "unreachable"))},
	"Health.identity": {"What is known about the app's identity.", with(enum("ok", "unavailable", "refused", "unknown"))},
	"Health.version":  {"The app's version.", with(sample(`"v1.2.3"`))},

	"Error.error":            {"", nil},
	"ErrorDetail.code":       {"The code. The responses list those of the app; others are the vault's.", with(sample(`"BadParameter"`))},
	"ErrorDetail.message":    {"What is wrong, and what to do. It never quotes a value.", nil},
	"ErrorDetail.innererror": {"", nil},
	"InnerError.code":        {"The code.", with(sample(`"SecretDisabled"`))},
}

// aVersion is the version in examples.
const aVersion = "8ad2a1e1d0b94a5fb3c5a7b0c1d2e3f4"

var (
	states = []rotation.State{
		rotation.None, rotation.Prepared, rotation.Intent, rotation.Busy, rotation.Blocked,
		rotation.Retiring, rotation.Closed, rotation.Abandoned, rotation.Attention,
	}
	classes  = []rotation.Class{rotation.Overlap, rotation.Alternating, rotation.Single, rotation.DualKey, rotation.Issued, rotation.ValueOnly}
	verdicts = []string{"accepted", "rejected", "unknown"}
)

// The refinements of a field's schema.

func with(all ...func(*schema)) func(*schema) {
	return func(s *schema) {
		for _, refine := range all {
			refine(s)
		}
	}
}

func enum(values ...string) func(*schema)    { return func(s *schema) { s.Enum = values } }
func itemsOf(values ...string) func(*schema) { return func(s *schema) { s.Items.Enum = values } }
func maxLength(n int) func(*schema)          { return func(s *schema) { s.MaxLength = &n } }
func items(least, most int) func(*schema) {
	return func(s *schema) { s.MinItems, s.MaxItems = &least, &most }
}
func readOnly(s *schema) { s.ReadOnly = true }
func uri(s *schema)      { s.Format = "uri" }
func notNull(s *schema)  { s.Type = "string" }

func sample(text string) func(*schema) {
	return func(s *schema) { s.Examples = []json.RawMessage{json.RawMessage(text)} }
}

// seconds limits a date to those that Key Vault's clients can represent.
func seconds(s *schema) { s.Minimum, s.Maximum = new(int64(0)), new(int64(wire.MaxTime)) }

func tagsOf(s *schema) {
	s.MaxProperties = new(secret.MaxTags)
	s.AdditionalProperties = &schema{Type: "string", MaxLength: new(secret.MaxTagLength)}
}
