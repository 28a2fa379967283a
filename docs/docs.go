// Package docs holds the part of the documentation that the app serves.
package docs

import _ "embed"

// OpenAPI describes the API in OpenAPI 3.1. Package internal/openapi writes the file.
//
//go:embed openapi.json
var OpenAPI []byte
