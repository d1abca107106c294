// Package schema makes the JSON Schema of what weir prints from its Go types and the comments of their
// fields, so that no key is without a word about it and no schema is of another version. Tests make the
// schemas and hold what is published against them; the program itself only embeds the files.
package schema

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Doc is one form of JSON that a command prints or of a file that it reads.
type Doc struct {
	Type    reflect.Type // a struct of this module
	Name    string       // "weir.report/1"; what its key "schema" holds, where it has one
	Command string       // prints the schema, as "weir report --print-schema"

	// Lines are the kinds of lines of a file that has a document a line, by what their key "kind" holds; Type
	// is then nil.
	Lines map[string]reflect.Type
	// Written is set for a file that people write: its keys are those of the yaml tags, and none is required.
	Written bool
	// Alone are types that may be a text alone in such a file, as a lane may be its name; Text are those that
	// always are.
	Alone, Text map[reflect.Type]bool
	// More are keys of the document that its type does not have, with what each holds.
	More map[string]string

	// Values are what the values of a type of string mean, where a document has words for them. Of other such
	// types the comments of their constants are read.
	Values map[reflect.Type][]Value
}

// Value is one value of a type of string, and what it means.
type Value struct {
	Name, Text string
}

// Make is the document's JSON Schema, draft 2020-12. The comments are read from the source below root, the
// module's folder. An error names every field without a key or without a comment.
func (d Doc) Make(root string) ([]byte, error) {
	m := maker{Doc: d, root: root, docs: map[string]source{}, defs: map[string]any{}}
	top := m.top()
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["$id"] = "urn:" + strings.NewReplacer(".", ":", "/", ":").Replace(d.Name)
	top["title"] = d.Name
	top["$comment"] = "Code generated from the Go types; DO NOT EDIT. `" + d.Command +
		"` prints the schema of the version at hand."
	top["$defs"] = m.defs
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(top); err != nil {
		return nil, err
	}
	return b.Bytes(), errors.Join(m.errs...)
}

// top is the schema of the whole document.
func (m *maker) top() map[string]any {
	if m.Lines == nil {
		top := m.object(m.Type)
		top["description"] = m.doc(m.Type, "")
		for key, holds := range m.More {
			top["properties"].(map[string]any)[key] = map[string]any{"type": "object", "description": holds}
		}
		if key, ok := top["properties"].(map[string]any)["schema"].(map[string]any); ok {
			key["const"] = m.Name
		} else if !m.Written {
			m.fail("%v has no key \"schema\"", m.Type)
		}
		return top
	}
	var kinds []any
	for _, kind := range slices.Sorted(maps.Keys(m.Lines)) {
		typ := m.Lines[kind]
		line := m.object(typ)
		line["description"] = m.doc(typ, "")
		line["properties"].(map[string]any)["kind"] = map[string]any{"const": kind}
		line["required"] = append([]string{"kind"}, line["required"].([]string)...)
		m.defs[typ.Name()] = line
		kinds = append(kinds, map[string]any{"$ref": "#/$defs/" + typ.Name()})
	}
	return map[string]any{"description": "One line of the file. The first is the header, the last the footer. Times are nanoseconds from the header's epoch.", "oneOf": kinds}
}

// maker turns types into definitions.
type maker struct {
	Doc
	root string
	docs map[string]source // by package
	defs map[string]any
	errs []error
}

func (m *maker) fail(format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf(format, args...))
}

// source is what the source of a type's package says.
func (m *maker) source(typ reflect.Type) source {
	pkg := typ.PkgPath()
	if m.docs[pkg].comments == nil {
		_, dir, _ := strings.Cut(pkg, "/") // after the module's name
		docs, err := comments(filepath.Join(m.root, filepath.FromSlash(dir)))
		if err != nil {
			m.errs = append(m.errs, err)
		}
		m.docs[pkg] = docs
	}
	return m.docs[pkg]
}

// doc is the comment of a type, or of its field.
func (m *maker) doc(typ reflect.Type, field string) string {
	if field != "" {
		field = "." + field
	}
	return m.source(typ).comments[typ.Name()+field]
}

// text is a string; of a type that has known values with these, and what they mean. A later version may have
// more.
func (m *maker) text(typ reflect.Type) map[string]any {
	out := map[string]any{"type": "string"}
	if typ.PkgPath() == "" {
		return out
	}
	values := m.Values[typ]
	if values == nil {
		values = m.source(typ).values[typ.Name()]
	}
	var known []any
	for _, v := range values {
		if v.Text == "" { // the names of the others say it all
			return out
		}
		known = append(known, map[string]any{"const": v.Name, "description": v.Text})
	}
	if known != nil {
		out["anyOf"] = append(known, true)
	}
	return out
}

func (m *maker) object(typ reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	m.fields(typ, properties, &required)
	return map[string]any{"type": "object", "properties": properties, "required": required,
		"additionalProperties": false}
}

// fields adds the keys of a struct, those of the structs that it embeds among them.
func (m *maker) fields(typ reflect.Type, properties map[string]any, required *[]string) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag := f.Tag.Get("json")
		if m.Written {
			tag = f.Tag.Get("yaml")
		}
		key, options, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous && key == "":
			m.fields(f.Type, properties, required)
			continue
		case key == "-" || !f.IsExported():
			continue
		}
		doc := m.doc(typ, f.Name)
		if key == "" || doc == "" {
			m.fail("%v.%s has no key, or no comment: every key is documented where its type is", typ, f.Name)
		}
		property := m.of(f.Type)
		property["description"] = doc
		properties[key] = property
		if !m.Written && options != "omitempty" && options != "omitzero" {
			*required = append(*required, key)
		}
	}
}

var textual, raw = reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[json.RawMessage]()

func (m *maker) of(typ reflect.Type) map[string]any {
	switch {
	case m.Text[typ]:
		return map[string]any{"type": []string{"string", "number"}}
	case m.Alone[typ]:
		return map[string]any{"anyOf": []any{map[string]any{"type": "string"}, m.plain(typ)}}
	}
	return m.plain(typ)
}

func (m *maker) plain(typ reflect.Type) map[string]any {
	switch {
	case typ == raw:
		return map[string]any{}
	case typ.Kind() == reflect.Struct && typ.Implements(textual): // a finding is published as its sentence
		return map[string]any{"type": "string"}
	}
	switch typ.Kind() {
	case reflect.String:
		if m.Written { // a person writes 1 and on without quotes
			return map[string]any{"type": []string{"string", "number", "boolean"}}
		}
		return m.text(typ)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint, reflect.Uintptr:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.of(typ.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": m.of(typ.Elem())}
	case reflect.Pointer:
		if m.Written || m.Lines != nil { // what is absent is left out
			return m.of(typ.Elem())
		}
		return map[string]any{"anyOf": []any{m.of(typ.Elem()), map[string]any{"type": "null"}}}
	case reflect.Interface:
		return map[string]any{}
	case reflect.Struct:
		if m.defs[typ.Name()] == nil {
			m.defs[typ.Name()] = true // it may hold itself
			def := m.object(typ)
			def["description"] = m.doc(typ, "")
			m.defs[typ.Name()] = def
		}
		return map[string]any{"$ref": "#/$defs/" + typ.Name()}
	}
	m.fail("the schema cannot say what a %v is", typ)
	return map[string]any{}
}
