package openapi

import "net/http"

// operations describes each HTTP function. A function that is missing here fails a test.
var operations = map[string]description{
	"getsecret": {
		tag: tagSecrets, summary: "Read a secret",
		text:    "Responds from the cache if it can. With `Accept: text/plain` the response is the bare value.",
		headers: []string{"Cache-Control"},
		answers: []answer{
			{
				status: http.StatusOK, text: "The secret.", headers: []string{"ETag", "Age", "x-rotunda-stale"},
				schemas: map[string]string{jsonType: "Secret", "text/plain": plainText}, example: exampleSecret,
			},
			{status: http.StatusNotModified, text: "The caller has this version.", headers: []string{"ETag", "Age", "x-rotunda-stale"}},
		},
	},
	"getenv": {
		tag: tagSecrets, summary: "Read secrets as environment variables",
		text:    "Lines that a shell reads, or JSON if the caller prefers it. If one secret can't be read, none is returned. Without `names`, this is the secret named env. A function key must be one of getsecret.",
		headers: []string{"Cache-Control"},
		answers: []answer{{
			status: http.StatusOK, text: "The variables.", headers: []string{"Age", "x-rotunda-stale"},
			schemas: map[string]string{"text/plain": plainText, jsonType: textByName}, example: `{"PGUSER": "app", "PGPASSWORD": "…"}`,
		}},
		errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	},
	"setsecret": {
		tag: tagSecrets, summary: "Create a version of a secret",
		text:    "Creates the secret, if there is none. A set that adds, changes or drops a tag that directs a rotation needs `configureRotation` too.",
		request: "SetSecretRequest", requestExample: `{"value": "…", "contentType": "text/plain", "tags": {"env": "prod"}, "attributes": {"exp": 1798761600}}`,
		answers: []answer{{status: http.StatusOK, text: "The new version, with its value.", headers: []string{"ETag"}, schemas: inJSON("Secret"), example: exampleSecret}},
		errors:  []int{http.StatusConflict},
	},
	"updatesecret": {
		tag: tagSecrets, summary: "Change the attributes, the content type or the tags",
		text:    "Changes no value. An update that adds, changes or drops a tag that directs a rotation needs `configureRotation` too.",
		request: "UpdateSecretRequest", requestExample: `{"tags": {"env": "test"}, "attributes": {"enabled": true}}`,
		answers: []answer{{status: http.StatusOK, text: "The version, without its value.", headers: []string{"ETag"}, schemas: inJSON("Secret"), example: exampleEntry}},
		errors:  []int{http.StatusConflict},
	},
	"deletesecret": {
		tag: tagSecrets, summary: "Soft-delete a secret",
		text:    "The vault finishes the deletion later, or before the response with `?wait=true`.",
		answers: []answer{{status: http.StatusOK, text: "The deleted secret, without its value.", headers: []string{"ETag"}, schemas: inJSON("Secret"), example: exampleDeleted}},
		errors:  []int{http.StatusConflict},
	},
	"listsecrets": {
		tag: tagSecrets, summary: "List secrets",
		text:    "A page may be short or empty, and still have a `nextLink`: continue until that is null.",
		answers: []answer{{status: http.StatusOK, text: "A page, without values.", schemas: inJSON("SecretPage"), example: examplePage}},
	},
	"listsecretversions": {
		tag: tagSecrets, summary: "List the versions of a secret",
		text:    "They come in no useful order.",
		answers: []answer{{status: http.StatusOK, text: "A page, without values.", schemas: inJSON("SecretPage"), example: examplePage}},
	},
	"backupsecret": {
		tag: tagSecrets, summary: "Back up all versions of a secret",
		text:    "Only a vault of the same subscription and geography can restore it.",
		answers: []answer{{status: http.StatusOK, text: "The backup.", schemas: inJSON("Backup"), example: `{"value": "…"}`}},
		errors:  []int{http.StatusConflict},
	},
	"restoresecret": {
		tag: tagSecrets, summary: "Restore a backup",
		text:    "The name must not exist.",
		request: "Backup", requestExample: `{"value": "…"}`,
		answers: []answer{{status: http.StatusOK, text: "The secret, without its value.", headers: []string{"ETag"}, schemas: inJSON("Secret"), example: exampleEntry}},
		errors:  []int{http.StatusNotFound, http.StatusConflict},
	},
	"batchgetsecrets": {
		tag: tagSecrets, summary: "Read up to 200 secrets",
		text:    "Each item succeeds or fails on its own.",
		request: "BatchRequest", requestExample: `{"secrets": [{"name": "payments-db"}, {"name": "no-such-secret"}]}`,
		answers: []answer{{status: http.StatusOK, text: "One result for each item.", schemas: inJSON("BatchResponse"), example: exampleBatch}},
	},

	"getdeletedsecret": {
		tag: tagDeleted, summary: "Read what is known about a deleted secret",
		text:    "404 while the deletion is in progress.",
		answers: []answer{{status: http.StatusOK, text: "The deleted secret, without its value.", headers: []string{"ETag"}, schemas: inJSON("Secret"), example: exampleDeleted}},
	},
	"listdeletedsecrets": {
		tag: tagDeleted, summary: "List deleted secrets",
		text:    "A page may be short or empty, and still have a `nextLink`: continue until that is null.",
		answers: []answer{{status: http.StatusOK, text: "A page, without values.", schemas: inJSON("SecretPage"), example: `{"value": [` + exampleDeleted + `], "nextLink": null}`}},
	},
	"recoverdeletedsecret": {
		tag: tagDeleted, summary: "Recover a deleted secret",
		text:    "The vault finishes the recovery later, or before the response with `?wait=true`.",
		answers: []answer{{status: http.StatusOK, text: "The secret, without its value.", headers: []string{"ETag"}, schemas: inJSON("Secret"), example: exampleEntry}},
		errors:  []int{http.StatusConflict},
	},
	"purgedeletedsecret": {
		tag: tagDeleted, summary: "Purge a deleted secret",
		text:    "It can't be recovered after that. The vault finishes the purge later.",
		answers: []answer{{status: http.StatusNoContent, text: "The vault has accepted the purge."}},
		errors:  []int{http.StatusConflict},
	},

	"getrotation": {
		tag: tagRotations, summary: "Read the status of a secret's rotation",
		text:    "Clients that poll Azure's long-running operations can poll this address.",
		answers: []answer{{status: http.StatusOK, text: "The status.", schemas: inJSON("Rotation"), example: exampleRotation}},
	},
	"listrotations": {
		tag: tagRotations, summary: "List the status of each secret's rotation",
		text:    "A page may be short or empty, and still have a `nextLink`: continue until that is null.",
		answers: []answer{{status: http.StatusOK, text: "A page.", schemas: inJSON("RotationPage"), example: `{"value": [` + exampleRotation + `], "nextLink": null}`}},
	},
	"rotatesecret": {
		tag: tagRotations, summary: "Rotate a secret", text: rotateText, answers: rotated, errors: rotationErrors,
	},
	"rotate": {
		tag: tagRotations, summary: "Rotate a secret, at the address of Azure's samples", text: rotateText, answers: rotated, errors: append(rotationErrors, http.StatusNotFound),
	},
	"resumerotation": {
		tag: tagRotations, summary: "Continue a rotation that is open or needs attention",
		text: "For operators who have fixed the cause. It starts no new rotation. The response comes when the attempt has ended.",
		answers: []answer{
			{status: http.StatusOK, text: "The rotation has finished.", schemas: inJSON("Rotation"), example: exampleRotation}, continues,
		},
		errors: rotationErrors,
	},
	"resumerotations": {
		tag: tagRotations, summary: "Continue all rotations that need attention",
		text:    "For operators who have fixed a cause that many rotations share.",
		answers: []answer{{status: http.StatusOK, text: "The rotations that were resumed.", schemas: inJSON("RotationPage"), example: `{"value": [` + exampleRotation + `], "nextLink": null}`}},
		errors:  rotationErrors,
	},
	"retirerotation": {
		tag: tagRotations, summary: "End a grace period",
		text: "The older credentials become invalid now.", answers: changed, errors: rotationErrors,
	},
	"cancelrotation": {
		tag: tagRotations, summary: "Abandon an open rotation",
		text:    "What was applied but not published is revoked, if the class allows that. It also ends the rotation of a deleted secret.",
		answers: changed, errors: rotationErrors,
	},
	"rollbackrotation": {
		tag: tagRotations, summary: "Make the previous value the latest again",
		text: "Refused if the provider does not accept that value, and can't be made to.", answers: changed, errors: rotationErrors,
	},
	"restorerotationtags": {
		tag: tagRotations, summary: "Put rotation tags back that a new version has lost",
		text: "A set without tags drops those that direct a rotation. This sets those of the last rotation on the latest version, and keeps its other tags.", answers: changed, errors: rotationErrors,
	},
	"listrotators": {
		tag: tagRotations, summary: "List the kinds of credential that can be rotated", offline: true,
		text:    "Whoever may call the app may read it.",
		answers: []answer{{status: http.StatusOK, text: "The kinds.", schemas: inJSON("Rotators"), example: exampleRotators}},
	},

	"getaccess": {
		tag: tagApp, summary: "Read who the caller is, and what it may do", offline: true,
		text:    "Whoever may call the app may read it. With `?secret=`, the response has `may` in place of `grants`.",
		answers: []answer{{status: http.StatusOK, text: "The caller.", schemas: inJSON("Access"), example: exampleAccess}},
	},
	"health": {
		tag: tagApp, summary: "Check the vault and the app's identity", offline: true,
		text: "Needs neither a key nor a token. A result is repeated for up to five seconds.",
		answers: []answer{
			{status: http.StatusOK, text: "Everything works.", schemas: inJSON("Health"), example: `{"status": "ok", "vault": "ok", "identity": "ok", "version": "v1.2.3"}`},
			{
				status: http.StatusServiceUnavailable, text: "Something does not work.", schemas: inJSON("Health"),
				example: `{"status": "unavailable", "vault": "unreachable", "identity": "unknown", "version": "v1.2.3"}`,
			},
		},
	},
	"getopenapi": {
		tag: tagApp, summary: "Read this description", offline: true,
		text: "Needs neither a key nor a token. It is the same for every app of a version, and says nothing about the vault.",
		answers: []answer{
			{status: http.StatusOK, text: "The description, in OpenAPI 3.1.", headers: []string{"ETag"}, schemas: inJSON("")},
			{status: http.StatusNotModified, text: "The caller has this description.", headers: []string{"ETag"}},
		},
	},
}

// rotateText is about both ways to start a rotation.
const rotateText = "It does not have to be due. With `?dryRun=true` the response is the plan, and nothing is changed."

var (
	// continues is the answer while a rotation is not finished.
	continues = answer{
		status: http.StatusAccepted, text: "The rotation continues. Operation-Location has the address of its status.",
		headers: []string{"Operation-Location", "Retry-After"}, schemas: inJSON("Rotation"), example: exampleRunning,
	}
	rotated = []answer{
		{status: http.StatusOK, text: "With `?wait=true`, the rotation has finished. With `?dryRun=true`, the plan.", schemas: inJSON("Rotation|RotationPlan"), example: exampleRotation},
		continues,
	}
	changed        = []answer{{status: http.StatusOK, text: "The status.", schemas: inJSON("Rotation"), example: exampleRotation}}
	rotationErrors = []int{http.StatusConflict}
)
