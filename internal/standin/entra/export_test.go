package entra

// Moved returns a directory with the same signing keys under another tenant's id, which is
// impossible in reality.
func (d *Directory) Moved(tenant string) *Directory {
	moved := &Directory{options: d.options, keys: d.keys}
	moved.options.Tenant = tenant
	return moved
}
