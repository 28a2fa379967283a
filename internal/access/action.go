package access

// Action is what a caller may do to a secret. The first group are Key Vault's data actions
// (Azure's built-in roles, Microsoft.KeyVault/vaults/secrets/*/action), without their prefix.
type Action string

// The actions of rules.
const (
	GetSecret    Action = "getSecret"
	ReadMetadata Action = "readMetadata" // attributes, versions, lists
	SetSecret    Action = "setSecret"
	Update       Action = "update"
	Delete       Action = "delete"
	Recover      Action = "recover"
	Purge        Action = "purge"
	Backup       Action = "backup"
	Restore      Action = "restore"

	Rotate            Action = "rotate" // start, resume, plan and the other operations on a rotation
	ReadRotation      Action = "readRotation"
	ConfigureRotation Action = "configureRotation" // set, change or drop a tag that directs a rotation
)

// Actions lists every action, in the order in which messages and documents name them.
var Actions = []Action{
	GetSecret, ReadMetadata, SetSecret, Update, Delete, Recover, Purge, Backup, Restore,
	Rotate, ReadRotation, ConfigureRotation,
}
