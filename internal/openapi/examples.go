package openapi

// The examples of bodies. A test checks them against their schemas.
const (
	exampleSecret = `{"value": "…", "contentType": "text/plain", "id": "https://contoso.vault.azure.net/secrets/payments-db/` + aVersion + `",
		"attributes": {"enabled": true, "exp": 1798761600, "created": 1795824000, "updated": 1795824000, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90},
		"tags": {"env": "prod"}}`
	exampleEntry = `{"contentType": "text/plain", "id": "https://contoso.vault.azure.net/secrets/payments-db/` + aVersion + `",
		"attributes": {"enabled": true, "created": 1795824000, "updated": 1795824000, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90},
		"tags": {"env": "test"}}`
	exampleDeleted = `{"recoveryId": "https://contoso.vault.azure.net/deletedsecrets/payments-db", "deletedDate": 1795824000, "scheduledPurgeDate": 1803600000,
		"id": "https://contoso.vault.azure.net/secrets/payments-db/` + aVersion + `",
		"attributes": {"enabled": true, "created": 1795824000, "updated": 1795824000, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}}`
	examplePage = `{"value": [{"id": "https://contoso.vault.azure.net/secrets/payments-db",
		"attributes": {"enabled": true, "created": 1795824000, "updated": 1795824000, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}}],
		"nextLink": "https://contoso-rotunda.azurewebsites.net/api/secrets?$skiptoken=eHg&maxresults=25"}`
	exampleBatch = `{"value": [{"name": "payments-db", "status": 200, "age": 12, "secret": ` + exampleSecret + `},
		{"name": "no-such-secret", "status": 404, "error": {"code": "SecretNotFound", "message": "A secret with (name/id) no-such-secret was not found in this key vault."}}]}`
	exampleRotation = `{"name": "payments-db", "status": "Succeeded", "state": "retiring", "rotator": "postgres", "class": "A",
		"operation": "7f1c0a9e2b6d4c58", "since": "2026-11-27T02:00:04Z", "lastSuccess": "2026-11-27T02:00:05Z", "nextDue": "2026-12-27T02:00:00Z",
		"tries": 0, "exposureMilliseconds": 0}`
	exampleRunning = `{"name": "payments-db", "status": "Running", "state": "prepared", "rotator": "postgres", "class": "A",
		"operation": "7f1c0a9e2b6d4c58", "since": "2026-11-27T02:00:04Z", "tries": 0}`
	exampleRotators = `{"value": [{"name": "postgres", "names": ["postgres", "postgresql"], "resources": [], "classes": ["A", "S"], "tags": ["AdminSecret"]}],
		"classes": {"A": "Two logins take turns, so the user name changes too. The old login is valid until the grace period ends."},
		"tags": ["ProviderAddress", "CredentialId"]}`
	exampleAccess = `{"caller": "oid:6f1c2d3e-4b5a-4c6d-8e9f-0a1b2c3d4e5f", "signIn": "tokens",
		"who": ["oid:6f1c2d3e-4b5a-4c6d-8e9f-0a1b2c3d4e5f", "role:Payments.Reader"],
		"grants": [{"may": ["getSecret", "readMetadata"], "secrets": ["payments-*"]}]}`
)
