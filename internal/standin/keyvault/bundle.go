package keyvault

// attributes are those of a version in a response. Times are Unix seconds.
type attributes struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       *int64 `json:"nbf,omitempty"`
	Expires         *int64 `json:"exp,omitempty"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

// bundle is a secret in a response, or an item of a list. Only set and get return the value.
type bundle struct {
	RecoveryID         string            `json:"recoveryId,omitempty"`
	DeletedDate        int64             `json:"deletedDate,omitempty"`
	ScheduledPurgeDate int64             `json:"scheduledPurgeDate,omitempty"`
	Value              *string           `json:"value,omitempty"`
	ContentType        *string           `json:"contentType,omitempty"`
	ID                 string            `json:"id"`
	PreviousVersion    string            `json:"previousVersion,omitempty"`
	Attributes         attributes        `json:"attributes"`
	Tags               map[string]string `json:"tags,omitzero"` // {} if set so, absent if never set
}

// describe returns everything except the value, under this id.
func (s *Server) describe(v version, id string) bundle {
	return bundle{
		ContentType: v.ContentType, ID: id, Tags: v.Tags, PreviousVersion: v.Previous,
		Attributes: attributes{
			Enabled: v.Enabled, NotBefore: v.NotBefore, Expires: v.Expires, Created: v.Created, Updated: v.Updated,
			RecoveryLevel: s.recoveryLevel(), RecoverableDays: s.options.RetentionDays,
		},
	}
}

// describeDeleted is describe for a deleted secret.
func (s *Server) describeDeleted(c *call, of secret, v version, id string) bundle {
	b := s.describe(v, id)
	b.RecoveryID = c.recoveryID(of.Name)
	b.DeletedDate, b.ScheduledPurgeDate = of.Deleted.At, of.Deleted.PurgeAt
	return b
}

func (s *Server) recoveryLevel() string {
	level := "Recoverable"
	if s.options.RetentionDays < maxRetentionDays {
		level = "CustomizedRecoverable"
	}
	if s.faults.current().PurgeProtection {
		return level
	}
	return level + "+Purgeable"
}
