// Package form finds a credential in a secret's value and replaces it, byte for byte: nothing else
// of the value changes. A copy of the credential in another field or encoding changes with it.
//
// Each form is a syntax, which splits a text into places: the values of its fields, decoded, each
// with the rules by which the form writes another value there. A place may be a text of another
// form, such as a connection string in a JSON field. If several forms can claim a text, they must
// read the same credential, and write the same bytes; otherwise the value is rejected.
//
// Every syntax follows the parser that readers use for it, which its comment names.
package form
