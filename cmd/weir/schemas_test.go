package main

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"testing"

	"weir/report/schema"
)

var update = flag.Bool("update", false, "make the schemas of what is printed anew")

// TestSchemasAreOfTheTypes: a key without a word about it, or one that its schema does not have, fails here.
// That what is printed follows them is in testdata/capacity_json.txtar and testdata/gate/gate_ci.txtar.
func TestSchemasAreOfTheTypes(t *testing.T) {
	for file, have := range map[string]struct {
		doc  schema.Doc
		text []byte
	}{
		"schema/capacity.schema.json": {schema.Doc{Type: reflect.TypeFor[capacityReport](),
			Name: capacitySchemaName, Command: "weir capacity --print-schema"}, capacitySchema},
	} {
		want, err := have.doc.Make("../..")
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !bytes.Equal(want, have.text) {
			t.Errorf("%s is not what the types say; go test ./cmd/weir -run Schemas -update makes it anew",
				file)
		}
	}
}
