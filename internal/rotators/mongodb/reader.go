package mongodb

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// reader reads fields of a document that a server sent. A field that is absent or null is the zero
// value. One of another type than asked for makes the document wrong.
type reader struct {
	document bsoncore.Document
	wrong    bool
}

// lookup returns a field, of a type that is not 0 if there is one.
func (r *reader) lookup(key string) bsoncore.Value {
	value, err := r.document.LookupErr(key)
	if err != nil || value.Type == bsoncore.TypeNull {
		r.wrong = r.wrong || err != nil && !errors.Is(err, bsoncore.ErrElementNotFound)
		return bsoncore.Value{}
	}
	return value
}

// read returns a field as get reads it.
func read[T any](r *reader, key string, get func(bsoncore.Value) (T, bool)) (found T) {
	value := r.lookup(key)
	if value.Type == 0 {
		return found
	}
	found, ok := get(value)
	r.wrong = r.wrong || !ok
	return found
}

func (r *reader) text(key string) string { return read(r, key, bsoncore.Value.StringValueOK) }

func (r *reader) flag(key string) bool { return read(r, key, bsoncore.Value.BooleanOK) }

func (r *reader) number(key string) int32 { return read(r, key, bsoncore.Value.AsInt32OK) }

func (r *reader) objectID(key string) [12]byte { return read(r, key, bsoncore.Value.ObjectIDOK) }

func (r *reader) bytes(key string) []byte {
	return read(r, key, func(v bsoncore.Value) ([]byte, bool) {
		_, data, ok := v.BinaryOK()
		return data, ok
	})
}

// optionalText returns nil for an absent text.
func (r *reader) optionalText(key string) *string {
	return read(r, key, func(v bsoncore.Value) (*string, bool) {
		text, ok := v.StringValueOK()
		return &text, ok
	})
}

// within reads an inner document, if there is one.
func (r *reader) within(key string, read func(*reader)) {
	if value := r.lookup(key); value.Type != 0 {
		r.enter(value, read)
	}
}

// each reads the documents of an array.
func (r *reader) each(key string, read func(*reader)) {
	for _, value := range r.values(key) {
		r.enter(value, read)
	}
}

func (r *reader) enter(value bsoncore.Value, read func(*reader)) {
	document, ok := value.DocumentOK()
	inner := &reader{document: document, wrong: !ok}
	if ok {
		read(inner)
	}
	r.wrong = r.wrong || inner.wrong
}

// texts returns the texts of an array.
func (r *reader) texts(key string) (all []string) {
	for _, value := range r.values(key) {
		text, ok := value.StringValueOK()
		r.wrong = r.wrong || !ok
		all = append(all, text)
	}
	return all
}

func (r *reader) values(key string) []bsoncore.Value {
	return read(r, key, func(v bsoncore.Value) ([]bsoncore.Value, bool) {
		array, ok := v.ArrayOK()
		if !ok {
			return nil, false
		}
		values, err := array.Values()
		return values, err == nil
	})
}

// elements returns the fields of an inner document.
func (r *reader) elements(key string) []bsoncore.Element {
	return read(r, key, func(v bsoncore.Value) ([]bsoncore.Element, bool) {
		document, ok := v.DocumentOK()
		if !ok {
			return nil, false
		}
		elements, err := document.Elements()
		return elements, err == nil
	})
}
