package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"weir/report/analysis"
)

// TestSchemaIsOfTheTypes: the published schema is made from the types of report/analysis and the comments of their
// fields, so that a key without a word about it, or one that the schema does not have, fails here.
func TestSchemaIsOfTheTypes(t *testing.T) {
	published(t, reflect.TypeFor[analysis.Analysis](), "report", analysis.Schema, Schema())
	published(t, reflect.TypeFor[Comparisons](), "compare", CompareSchemaName, CompareSchema())
}

// published holds the schema of what a command prints against the type that it prints.
func published(t *testing.T, typ reflect.Type, command, name string, have []byte) {
	docs := fieldDocs(t, "analysis")
	maps.Copy(docs, fieldDocs(t, "."))
	g := schemaMaker{t: t, docs: docs, defs: map[string]any{}}
	root := g.object(typ)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "urn:weir:" + command + ":1"
	root["title"] = name
	root["description"] = docs[typ.Name()] + " Later versions of weir may add keys: `weir " + command + " --print-schema` prints the schema of the version at hand."
	root["properties"].(map[string]any)["schema"].(map[string]any)["const"] = name
	root["$defs"] = g.defs
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema/"+command+".schema.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(b.Bytes(), have) {
		t.Errorf("schema/%s.schema.json is not what the types say; go test ./report -run Schema -update makes it anew", command)
	}
}

// TestReportsFollowTheSchema, and what is not a report does not: else a schema that allows everything would do.
func TestReportsFollowTheSchema(t *testing.T) {
	if *update {
		t.Skip("what is embedded is the schema before its update")
	}
	schema := compiled(t, Schema())
	for name, fixture := range fixtures {
		var b bytes.Buffer
		if err := JSON(&b, fixture()); err != nil {
			t.Fatal(err)
		}
		report := parsed(t, b.Bytes())
		if name == "hostile" { // whose schema is planted text
			report["schema"] = analysis.Schema
		}
		if err := schema.Validate(report); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for what, harm := range map[string]func(map[string]any){
			"a key that is not documented": func(r map[string]any) { r["surprise"] = 1.0 },
			"a missing key":                func(r map[string]any) { delete(r, "valid") },
			"another type":                 func(r map[string]any) { r["valid"] = "yes" },
			"another schema":               func(r map[string]any) { r["schema"] = "weir.report/9" },
			"a negative count":             func(r map[string]any) { r["lanes"].([]any)[0].(map[string]any)["offered"] = -1.0 },
		} {
			broken := parsed(t, b.Bytes())
			broken["schema"] = analysis.Schema
			harm(broken)
			if schema.Validate(broken) == nil {
				t.Errorf("%s: the schema lets %s pass", name, what)
			}
		}
	}
}

func compiled(t *testing.T, published []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(published))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parsed(t *testing.T, report []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(report, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// schemaMaker turns Go types into JSON Schema 2020-12.
type schemaMaker struct {
	t    *testing.T
	docs map[string]string // "Type" and "Type.Field"
	defs map[string]any
}

func (g *schemaMaker) object(typ reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		doc := g.docs[typ.Name()+"."+f.Name]
		if key == "" || doc == "" {
			g.t.Errorf("%s.%s has no JSON key, or no comment: every key of report.json is documented in report/analysis", typ.Name(), f.Name)
		}
		property := g.of(f.Type)
		property["description"] = doc
		properties[key] = property
		if options != "omitempty" {
			required = append(required, key)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func (g *schemaMaker) of(typ reflect.Type) map[string]any {
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
		return map[string]any{"type": "array", "items": g.of(typ.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(typ.Elem())}
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{g.of(typ.Elem()), map[string]any{"type": "null"}}}
	case reflect.Interface:
		return map[string]any{}
	case reflect.Struct:
		if g.defs[typ.Name()] == nil {
			g.defs[typ.Name()] = true // it may hold itself
			def := g.object(typ)
			def["description"] = g.docs[typ.Name()]
			g.defs[typ.Name()] = def
		}
		return map[string]any{"$ref": "#/$defs/" + typ.Name()}
	}
	g.t.Fatalf("the schema has no word for %v", typ)
	return nil
}

// fieldDocs are the comments of a package's struct types and of their fields.
func fieldDocs(t *testing.T, dir string) map[string]string {
	t.Helper()
	docs := map[string]string{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.TYPE {
				continue
			}
			for _, spec := range gen.Specs {
				ts := spec.(*ast.TypeSpec)
				docs[ts.Name.Name] = oneLine(gen.Doc.Text() + ts.Doc.Text())
				if st, ok := ts.Type.(*ast.StructType); ok {
					for _, f := range st.Fields.List {
						for _, id := range f.Names {
							docs[ts.Name.Name+"."+id.Name] = oneLine(f.Doc.Text() + " " + f.Comment.Text())
						}
					}
				}
			}
		}
	}
	return docs
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
