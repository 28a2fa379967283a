package mongodb

import "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

// fields are encoded fields of a BSON document (bsonspec.org), in their order. The package of the
// driver that encodes them is the one below its package bson, whose registry of types would take
// time at every start.
type fields []byte

func (f fields) text(key, value string) fields {
	return bsoncore.AppendStringElement(f, key, value)
}

func (f fields) number(key string, n int32) fields {
	return bsoncore.AppendInt32Element(f, key, n)
}

func (f fields) yes(key string) fields {
	return bsoncore.AppendBooleanElement(f, key, true)
}

func (f fields) bytes(key string, data []byte) fields {
	const generic = 0 // the subtype
	return bsoncore.AppendBinaryElement(f, key, generic, data)
}

func (f fields) document(key string, inner fields) fields {
	return bsoncore.AppendDocumentElement(f, key, inner.encode())
}

// value adds a value as a server returned it.
func (f fields) value(key string, value bsoncore.Value) fields {
	return bsoncore.AppendValueElement(f, key, value)
}

// encode returns the document.
func (f fields) encode() bsoncore.Document { return bsoncore.BuildDocument(nil, f) }
