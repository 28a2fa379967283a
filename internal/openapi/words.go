package openapi

import "rotunda/internal/secret"

var info = infoObject{
	Title:   "Rotunda",
	Summary: "Key Vault's secrets over HTTP, with caching, rotation and rules for each caller",
	Description: `The shapes, field names, status codes and error codes are those of Key Vault's REST API, with additions. docs/api.md explains the API, docs/rotation.md rotation, and docs/access.md who may call what.

Callers send a function key or, if the app runs with SIGN_IN=tokens, a bearer token. ` + "`x-rotunda-access`" + ` says which action on which secrets a caller with a token must be allowed; with a function key, the key's function decides.

A query parameter that an operation does not have is refused, and so is a body that it does not read. The names of query parameters and of the fields of a body, and the words true, false and those of an enum in the query, match whatever their case. In the body of a set, null means the same as leaving the field out. The Content-Type of a request is not read. ` + "`clientId`, `subscription-key`, `sig`, `sp`, `sv`, `se` and `st`" + ` are let through, because the Functions host and gateways use them. Newer Functions hosts also accept HEAD for every GET.

Without a key, or with a wrong one, the Functions host itself responds with 401 and no body.`,
	License: license{Name: "MIT", Identifier: "MIT"},
	Version: "1.0.0",
}

var servers = []server{
	{
		URL: "https://{app}.azurewebsites.net/api", Description: "An app on Azure",
		Variables: map[string]variable{"app": {Default: "contoso-rotunda", Description: "The function app's name"}},
	},
	{URL: "/api", Description: "The app that this description comes from"},
	{URL: "http://127.0.0.1:7071/api", Description: "go run ./local"},
}

const (
	tagSecrets   = "Secrets"
	tagDeleted   = "Deleted secrets"
	tagRotations = "Rotations"
	tagApp       = "App"
)

var tags = []tag{
	{tagSecrets, "Reading and writing secrets."},
	{tagDeleted, "Secrets that are soft-deleted."},
	{tagRotations, "Replacing credentials, where they are used and in the vault."},
	{tagApp, "The app itself."},
}

var securitySchemes = map[string]securityScheme{
	"functionKey":        {Type: "apiKey", In: "header", Name: "x-functions-key", Description: "A key of the function, or of the app. For an app with SIGN_IN=keys."},
	"functionKeyInQuery": {Type: "apiKey", In: "query", Name: "code", Description: "The same key in the query. Queries end up in logs, so prefer the header."},
	"token":              {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A token of Microsoft Entra ID, or of another issuer that the app trusts. For an app with SIGN_IN=tokens."},
}

// parameters are those of the path, the query and the header. Accept is not among them, because
// OpenAPI describes it by the media types of the responses.
var parameters = map[string]*parameter{
	"name":    {Name: "name", In: "path", Required: true, Description: "The secret's name.", Schema: &schema{Type: "string", MinLength: new(1), MaxLength: new(secret.MaxNameLength), Pattern: "^[0-9A-Za-z-]+$"}, Example: quoted("payments-db")},
	"version": {Name: "version", In: "path", Required: true, Description: "The version.", Schema: &schema{Type: "string", Pattern: "^[0-9A-Fa-f]{32}$"}, Example: quoted(aVersion)},

	"api-version": {Name: "api-version", In: "query", Description: "A version of Key Vault's API. It changes nothing.", Schema: &schema{Type: "string", Pattern: `^(\d{1,2}\.\d{1,2}|\d{4}-\d{2}-\d{2})(-preview(\.\d{1,2})?)?$`}, Example: quoted("7.6")},

	"stage":          {Name: "stage", In: "query", Description: "Selects a version by its role in the rotation. Not together with a version.", Schema: word("current", "previous", "pending")},
	"outContentType": {Name: "outContentType", In: "query", Description: "The media type to which the vault converts a certificate. Not together with stage.", Schema: &schema{Type: "string", MinLength: new(1)}, Example: quoted("application/x-pem-file")},
	"onDeleted":      {Name: "onDeleted", In: "query", Description: "Recovers the secret first, if it is soft-deleted.", Schema: word("recover")},
	"ifChanged":      {Name: "ifChanged", In: "query", Description: "Creates no version if nothing would change.", Schema: flag},
	"wait":           {Name: "wait", In: "query", Description: "Responds when the vault has finished, or a rotation's attempt has ended.", Schema: flag},
	"names":          {Name: "names", In: "query", Required: true, Description: "Entries of the form [VARIABLE:]secret[/version][.field], separated by commas.", Schema: &schema{Type: "array", Items: &schema{Type: "string", MinLength: new(1)}}, Example: []byte(`["PGUSER:shop-db.username", "PGPASSWORD:shop-db.password"]`)},
	"field":          {Name: "field", In: "query", Description: "The field of a JSON value, by its path, for all entries that have none.", Schema: &schema{Type: "string", MinLength: new(1)}, Example: quoted("password")},
	"maxresults":     {Name: "maxresults", In: "query", Description: "The size of a page.", Schema: &schema{Type: "integer", Minimum: new(int64(1)), Maximum: new(int64(secret.MaxPageSize))}, Example: []byte("25")},
	"$skiptoken":     {Name: "$skiptoken", In: "query", Description: "The page, from nextLink.", Schema: &schema{Type: "string", MinLength: new(1)}},
	"prefix":         {Name: "prefix", In: "query", Description: "Only secrets whose names begin so.", Schema: &schema{Type: "string", Pattern: "^[0-9A-Za-z-]*$", MaxLength: new(secret.MaxNameLength)}, Example: quoted("team-a-")},
	"tag":            {Name: "tag", In: "query", Description: "Only secrets with this tag: its name, or name:value. All must match.", Schema: &schema{Type: "array", Items: &schema{Type: "string", MinLength: new(1)}}, Example: []byte(`["env:prod"]`)},
	"secret":         {Name: "secret", In: "query", Description: "The name of a secret, to ask what the caller may do to it.", Schema: &schema{Type: "string", MinLength: new(1), MaxLength: new(secret.MaxNameLength), Pattern: "^[0-9A-Za-z-]+$"}, Example: quoted("payments-db")},
	"adopt":          {Name: "adopt", In: "query", Description: "Continues a rotation whose proof is lost: see docs/rotation.md.", Schema: flag},
	"state":          {Name: "state", In: "query", Required: true, Description: "The state of the rotations to resume.", Schema: word("attention")},
	"KeyVaultName":   {Name: "KeyVaultName", In: "query", Required: true, Description: "The vault that the app serves.", Schema: &schema{Type: "string", MinLength: new(1)}, Example: quoted("contoso")},
	"SecretName":     {Name: "SecretName", In: "query", Required: true, Description: "The secret's name.", Schema: &schema{Type: "string", MinLength: new(1), MaxLength: new(secret.MaxNameLength), Pattern: "^[0-9A-Za-z-]+$"}, Example: quoted("payments-db")},
	"dryRun":         {Name: "dryRun", In: "query", Description: "Only plans: it logs in at the provider, and changes nothing.", Schema: flag},
	"retire":         {Name: "retire", In: "query", Description: "After a leak: rotates during a grace period too, and ends every older credential at once.", Schema: word("now")},

	"If-Match":               {Name: "If-Match", In: "header", Description: "Writes only if the version is one of these, in quotes, or if the secret exists (*).", Schema: &schema{Type: "string"}, Example: quoted(`"` + aVersion + `"`)},
	"If-None-Match":          {Name: "If-None-Match", In: "header", Description: "On get: 304 if the version is one of these, in quotes. On set and update: writes only if it is none of these, or if the secret does not exist (*).", Schema: &schema{Type: "string"}, Example: quoted(`"` + aVersion + `"`)},
	"Cache-Control":          {Name: "Cache-Control", In: "header", Description: "no-cache reads from the vault, and not from the app's cache.", Schema: &schema{Type: "string"}, Example: quoted("no-cache")},
	"x-ms-client-request-id": {Name: "x-ms-client-request-id", In: "header", Description: "An id of the caller's, which the response repeats if it has at most 256 bytes.", Schema: &schema{Type: "string"}, Example: quoted("3f2b7a52-6f0e-4c2f-9a53-1d9a6f0f7c11")},
}

// headers are those of responses.
var headers = map[string]*header{
	"x-ms-request-id":        {Required: true, Description: "The id of the request's line in the app's log.", Schema: &schema{Type: "string"}},
	"x-ms-client-request-id": {Description: "The id that the caller sent under that name.", Schema: &schema{Type: "string"}},
	"x-ms-error-code":        {Required: true, Description: "The outer code of the error.", Schema: &schema{Type: "string"}},
	"Cache-Control":          {Required: true, Description: "no-store, so that nobody keeps a response. Only the description of the API has no-cache.", Schema: word("no-store", "no-cache")},
	"X-Content-Type-Options": {Required: true, Description: "nosniff.", Schema: word("nosniff")},
	"ETag":                   {Description: "The version in quotes, for If-Match and If-None-Match.", Schema: &schema{Type: "string", Pattern: `^"[^"]*"$`}, Example: quoted(`"` + aVersion + `"`)},
	"Age":                    {Required: true, Description: "How many seconds ago the secret was read from the vault.", Schema: &schema{Type: "integer", Minimum: new(int64(0))}},
	"x-rotunda-stale":        {Description: "The vault was unreachable or too slow, and the response is older than it should be.", Schema: word("true")},
	"WWW-Authenticate":       {Required: true, Description: "How to get a token.", Schema: &schema{Type: "string"}},
	"Retry-After":            {Required: true, Description: "When to try again: seconds, or what the vault sent.", Schema: &schema{Type: "string"}, Example: quoted("5")},
	"Operation-Location":     {Required: true, Description: "The address of the rotation's status.", Schema: &schema{Type: "string", Format: "uri"}},
}
