package rotation

// Description says of one kind of credential what somebody who tags a secret has to know.
type Description struct {
	// Names are what the tag Rotator may say, and the schemes that ProviderAddress may have. The
	// first one is the kind's own.
	Names []string
	// Resources are the types of Azure resources that ProviderAddress may name by their ARM id, such
	// as Microsoft.Storage/storageAccounts.
	Resources []string
	// Refused are types that Plan refuses with the reason why the kind can't rotate them.
	Refused []string
	// Classes are those that the kind can rotate in; the first one is the default.
	Classes []Class
	// Tags are those that the kind reads, beside those that all kinds share.
	Tags []string
}

// Described is a Rotator that describes its kind.
type Described interface {
	Rotator
	Describe() Description
}

// Addressed is a Rotator whose addresses are not all of the form scheme://host:port. The settings
// and tags that list servers are compared with the form that it returns.
type Addressed interface {
	// Server returns the server that an address stands for, as scheme://host or scheme://host:port.
	// It returns "" if the address is wrong.
	Server(address string) string
}
