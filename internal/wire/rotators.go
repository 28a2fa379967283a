package wire

// Rotators lists the kinds of credential that the app can rotate.
type Rotators struct {
	Value   []Rotator         `json:"value"`   // sorted by name
	Classes map[string]string `json:"classes"` // what each class means to the readers of a secret
	Tags    []string          `json:"tags"`    // those that every kind reads
}

// Rotator describes one kind of credential.
type Rotator struct {
	Name      string   `json:"name"`
	Names     []string `json:"names"`     // what the tag Rotator, or the scheme of ProviderAddress, may say
	Resources []string `json:"resources"` // the types of Azure resources that ProviderAddress may name by their ARM id
	Classes   []string `json:"classes"`   // the first one is the default
	Tags      []string `json:"tags"`      // those that this kind reads besides
}
