package wire

import (
	"rotunda/internal/access/rules"
	"rotunda/internal/apierror"
)

// Shapes returns a value of each type that a body consists of, by the name that the description of
// the API gives it (docs/openapi.json).
func Shapes() map[string]any {
	return map[string]any{
		"Secret": bundle{}, "Attributes": attributes{}, "SecretPage": bundlePage{},
		"SetSecretRequest": setBody{}, "UpdateSecretRequest": updateBody{}, "Backup": backup{},
		"BatchRequest": batchBody[batchItem]{}, "BatchItem": batchItem{}, "BatchResult": batchResult{},
		"BatchResponse": struct {
			Value []batchResult `json:"value"`
		}{},
		"Rotation": Rotation{}, "RotationPage": rotationPage{}, "RotationPlan": RotationPlan{}, "Acceptance": Acceptance{},
		"Rotators": Rotators{}, "Rotator": Rotator{},
		"Access": Access{}, "Grant": rules.Grant{},
		"ErrorDetail": apierror.Shape{}, "InnerError": apierror.InnerCode{},
	}
}
