package main

// bundle is a secret in the wire format.
type bundle struct {
	Value       string            `json:"value"`
	ContentType string            `json:"contentType"`
	ID          string            `json:"id"`
	Attributes  attributes        `json:"attributes"`
	Tags        map[string]string `json:"tags"`
}

type attributes struct {
	Enabled         bool   `json:"enabled"`
	Expires         int64  `json:"exp"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

// find returns a secret of about the 360 bytes that the app serves in the same run.
func find(name string) bundle {
	const at = 1795467247
	return bundle{
		Value: "canary-of-a-usual-length-0123456789", ContentType: "password",
		ID: "https://contoso.vault.azure.net/secrets/" + name + "/459ce7aa5e41445ea9654b316d28a204",
		Attributes: attributes{
			Enabled: true, Expires: at, Created: at, Updated: at, RecoveryLevel: "Recoverable+Purgeable", RecoverableDays: 90,
		},
		Tags: tags,
	}
}

var tags = map[string]string{"team": "a"}
