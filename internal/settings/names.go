package settings

// The app settings. local.settings.json.example lists them too.
const (
	KeyVaultName           = "KEY_VAULT_NAME"
	KeyVaultURL            = "KEY_VAULT_URL"
	KeyVaultCAFile         = "KEY_VAULT_CA_FILE"
	KeyVaultCallsPerSecond = "KEY_VAULT_CALLS_PER_SECOND"
	AzureClientID          = "AZURE_CLIENT_ID"
	LogLevel               = "LOG_LEVEL"
	PublicURL              = "PUBLIC_URL"

	SignIn               = "SIGN_IN"
	SignInAudience       = "SIGN_IN_AUDIENCE"
	SignInClientID       = "SIGN_IN_CLIENT_ID"
	SignInTenants        = "SIGN_IN_TENANTS"
	TrustedIssuers       = "TRUSTED_ISSUERS"
	AccessRulesFile      = "ACCESS_RULES_FILE"
	CallerCallsPerSecond = "CALLS_PER_SECOND_PER_CALLER"
	Audit                = "AUDIT"
	AuditAccount         = "AUDIT_ACCOUNT"
	AuditFolder          = "AUDIT_FOLDER"

	CacheTTL      = "SECRET_CACHE_TTL"
	CacheMaxStale = "SECRET_CACHE_MAX_STALE"
	CacheEntries  = "SECRET_CACHE_ENTRIES"
	CacheBytes    = "SECRET_CACHE_BYTES"

	RotationLeadDays      = "ROTATION_LEAD_DAYS"
	RotationGrace         = "ROTATION_GRACE"
	RotationCooldown      = "ROTATION_COOLDOWN"
	RotationLockAccount   = "ROTATION_LOCK_ACCOUNT"
	RotationLockFolder    = "ROTATION_LOCK_FOLDER"
	RotationProviderHosts = "ROTATION_PROVIDER_HOSTS"
	RotationCAFolder      = "ROTATION_CA_FOLDER"
	RotationPlaintext     = "ROTATION_ALLOW_PLAINTEXT"
	WebhookAudiences      = "ROTATION_WEBHOOK_AUDIENCES"
)

// The settings of OpenTelemetry that the app reads. OpenTelemetry's SDK reads OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES and those of sdkNumbers itself.
const (
	OTLPEndpoint     = "OTEL_EXPORTER_OTLP_ENDPOINT"
	OTLPHeaders      = "OTEL_EXPORTER_OTLP_HEADERS"
	OTLPProtocol     = "OTEL_EXPORTER_OTLP_PROTOCOL"
	TracesSampler    = "OTEL_TRACES_SAMPLER"
	TracesSamplerArg = "OTEL_TRACES_SAMPLER_ARG"
)

// sdkNumbers are settings that OpenTelemetry's SDK reads itself, with the largest number that the
// app lets through: counts of spans, and milliseconds. The SDK panics at a negative count, and
// allocates memory for a large one.
var sdkNumbers = map[string]int{
	"OTEL_BSP_MAX_QUEUE_SIZE":        1 << 16,
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": 1 << 16,
	"OTEL_BSP_SCHEDULE_DELAY":        1 << 30,
	"OTEL_BSP_EXPORT_TIMEOUT":        1 << 30,
	"OTEL_METRIC_EXPORT_INTERVAL":    1 << 30,
	"OTEL_METRIC_EXPORT_TIMEOUT":     1 << 30,
}

// Settings that the Functions host or the platform provides.
const (
	HandlerPort        = "FUNCTIONS_CUSTOMHANDLER_PORT"
	AppRoot            = "FUNCTIONS_APP_ROOT_PATH"
	FunctionTimeout    = "AzureFunctionsJobHost__functionTimeout" // overrides host.json
	StorageAccountName = "AzureWebJobsStorage__accountName"       // where the host stores its data
	WebsiteHostname    = "WEBSITE_HOSTNAME"
	WebsiteSiteName    = "WEBSITE_SITE_NAME"
	HTTPSProxy         = "HTTPS_PROXY" // and in lower case
	HTTPProxy          = "HTTP_PROXY"
)
