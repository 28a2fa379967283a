package openapi

import "encoding/json"

// The objects of OpenAPI, as far as the description has them, with their fields in the order in
// which people read them.
type (
	document struct {
		OpenAPI    string                           `json:"openapi"`
		Info       infoObject                       `json:"info"`
		Servers    []server                         `json:"servers"`
		Security   []map[string][]string            `json:"security"`
		Tags       []tag                            `json:"tags"`
		Paths      map[string]map[string]*operation `json:"paths"`
		Components components                       `json:"components"`
	}
	infoObject struct {
		Title       string  `json:"title"`
		Summary     string  `json:"summary"`
		Description string  `json:"description"`
		License     license `json:"license"`
		Version     string  `json:"version"`
	}
	license struct {
		Name       string `json:"name"`
		Identifier string `json:"identifier"`
	}
	server struct {
		URL         string              `json:"url"`
		Description string              `json:"description"`
		Variables   map[string]variable `json:"variables,omitempty"`
	}
	variable struct {
		Default     string `json:"default"`
		Description string `json:"description"`
	}
	tag struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	operation struct {
		OperationID string                 `json:"operationId"`
		Tags        []string               `json:"tags"`
		Summary     string                 `json:"summary"`
		Description string                 `json:"description,omitempty"`
		Parameters  []*parameter           `json:"parameters"`
		RequestBody *requestBody           `json:"requestBody,omitempty"`
		Responses   map[string]*response   `json:"responses"`
		Security    *[]map[string][]string `json:"security,omitempty"` // [] for none
		Access      *access                `json:"x-rotunda-access,omitempty"`
	}
	// access says what a caller with a token must be allowed.
	access struct {
		Actions []string      `json:"actions"`
		Secrets string        `json:"secrets,omitempty"`
		Also    []alsoAllowed `json:"also,omitempty"`
	}
	alsoAllowed struct {
		Parameter string `json:"parameter"`
		Action    string `json:"action"`
	}
	parameter struct {
		Ref         string          `json:"$ref,omitempty"`
		Name        string          `json:"name,omitempty"`
		In          string          `json:"in,omitempty"`
		Description string          `json:"description,omitempty"`
		Required    bool            `json:"required,omitempty"`
		Schema      *schema         `json:"schema,omitempty"`
		Example     json.RawMessage `json:"example,omitempty"`
	}
	requestBody struct {
		Required bool                  `json:"required"`
		Content  map[string]*mediaType `json:"content"`
	}
	mediaType struct {
		Schema   *schema             `json:"schema"`
		Example  json.RawMessage     `json:"example,omitempty"`
		Examples map[string]*example `json:"examples,omitempty"`
	}
	example struct {
		Summary string          `json:"summary"`
		Value   json.RawMessage `json:"value"`
	}
	response struct {
		Ref         string                `json:"$ref,omitempty"`
		Description string                `json:"description,omitempty"`
		Headers     map[string]*header    `json:"headers,omitempty"`
		Content     map[string]*mediaType `json:"content,omitempty"`
	}
	header struct {
		Ref         string          `json:"$ref,omitempty"`
		Description string          `json:"description,omitempty"`
		Required    bool            `json:"required,omitempty"`
		Schema      *schema         `json:"schema,omitempty"`
		Example     json.RawMessage `json:"example,omitempty"`
	}
	components struct {
		Schemas         map[string]*schema        `json:"schemas"`
		Parameters      map[string]*parameter     `json:"parameters"`
		Headers         map[string]*header        `json:"headers"`
		Responses       map[string]*response      `json:"responses"`
		SecuritySchemes map[string]securityScheme `json:"securitySchemes"`
	}
	securityScheme struct {
		Type         string `json:"type"`
		Description  string `json:"description"`
		Name         string `json:"name,omitempty"`
		In           string `json:"in,omitempty"`
		Scheme       string `json:"scheme,omitempty"`
		BearerFormat string `json:"bearerFormat,omitempty"`
	}
	// schema is a JSON Schema of 2020-12. Type is a name or a list of names.
	schema struct {
		Ref                  string             `json:"$ref,omitempty"`
		Type                 any                `json:"type,omitempty"`
		Description          string             `json:"description,omitempty"`
		Format               string             `json:"format,omitempty"`
		Pattern              string             `json:"pattern,omitempty"`
		Enum                 []string           `json:"enum,omitempty"`
		Minimum              *int64             `json:"minimum,omitempty"`
		Maximum              *int64             `json:"maximum,omitempty"`
		MinLength            *int               `json:"minLength,omitempty"`
		MaxLength            *int               `json:"maxLength,omitempty"`
		MinItems             *int               `json:"minItems,omitempty"`
		MaxItems             *int               `json:"maxItems,omitempty"`
		MaxProperties        *int               `json:"maxProperties,omitempty"`
		ReadOnly             bool               `json:"readOnly,omitempty"`
		Required             []string           `json:"required,omitempty"`
		Properties           map[string]*schema `json:"properties,omitempty"`
		Items                *schema            `json:"items,omitempty"`
		OneOf                []*schema          `json:"oneOf,omitempty"`
		AdditionalProperties any                `json:"additionalProperties,omitempty"` // a schema, or false
		Examples             []json.RawMessage  `json:"examples,omitempty"`
	}
)
