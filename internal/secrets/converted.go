package secrets

import (
	"context"

	"rotunda/internal/wire"
)

// ReadAs returns a version, or the latest if version is "", with its certificate converted to a
// media type by the vault. It is never cached.
func (s Secrets) ReadAs(ctx context.Context, name, version, contentType string) (wire.Reading, error) {
	found, err := s.GetAs(ctx, name, version, contentType)
	if err != nil {
		return wire.Reading{}, err
	}
	rendered, err := wire.Render(found)
	return wire.Reading{Rendered: rendered}, err
}
