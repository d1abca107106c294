// Package schema makes the JSON Schema of what weir prints from its Go types and the comments of their fields, so that no
// key is without a word about it and no schema is of another version. Tests make the schemas and hold what is published
// against them; the program itself only embeds the files.
package schema

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
)

// Doc is one form of JSON that a command prints.
type Doc struct {
	Type    reflect.Type // a struct of this module, with a key "schema"
	Name    string       // what that key holds, as "weir.report/1"
	Command string       // prints the schema, as "weir report --print-schema"
}

// Make is the document's JSON Schema, draft 2020-12. The comments are read from the source below root, the module's
// folder. An error names every field without a key or without a comment.
func (d Doc) Make(root string) ([]byte, error) {
	m := maker{root: root, docs: map[string]map[string]string{}, defs: map[string]any{}}
	top := m.object(d.Type)
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["$id"] = "urn:" + strings.NewReplacer(".", ":", "/", ":").Replace(d.Name)
	top["title"] = d.Name
	top["description"] = m.doc(d.Type, "") + " Later versions of weir may add keys: `" + d.Command + "` prints the schema of the version at hand."
	if key, ok := top["properties"].(map[string]any)["schema"].(map[string]any); ok {
		key["const"] = d.Name
	} else {
		m.fail("%v has no key \"schema\"", d.Type)
	}
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

// maker turns types into definitions.
type maker struct {
	root string
	docs map[string]map[string]string // by package: "Type" and "Type.Field"
	defs map[string]any
	errs []error
}

func (m *maker) fail(format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf(format, args...))
}

// doc is the comment of a type, or of its field.
func (m *maker) doc(typ reflect.Type, field string) string {
	pkg := typ.PkgPath()
	if m.docs[pkg] == nil {
		_, dir, _ := strings.Cut(pkg, "/") // after the module's name
		docs, err := comments(filepath.Join(m.root, filepath.FromSlash(dir)))
		if err != nil {
			m.errs = append(m.errs, err)
		}
		m.docs[pkg] = docs
	}
	if field != "" {
		field = "." + field
	}
	return m.docs[pkg][typ.Name()+field]
}

func (m *maker) object(typ reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		doc := m.doc(typ, f.Name)
		if key == "" || doc == "" {
			m.fail("%v.%s has no JSON key, or no comment: every key is documented where its type is", typ, f.Name)
		}
		property := m.of(f.Type)
		property["description"] = doc
		properties[key] = property
		if options != "omitempty" && options != "omitzero" {
			required = append(required, key)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

var marshaler = reflect.TypeFor[encoding.TextMarshaler]()

func (m *maker) of(typ reflect.Type) map[string]any {
	if typ.Kind() == reflect.Struct && typ.Implements(marshaler) { // a finding is published as its sentence
		return map[string]any{"type": "string"}
	}
	switch typ.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.of(typ.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": m.of(typ.Elem())}
	case reflect.Pointer:
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
	m.fail("the schema has no word for %v", typ)
	return map[string]any{}
}
