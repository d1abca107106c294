package catalogue

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"weir/report/schema"
	"weir/scenarios/backend"
)

var update = flag.Bool("update", false, "make the schema anew")

// TestSchemaIsOfTheTypes: the published schema is made from the types that a file is decoded into and the
// comments of their fields, so that no key is without a description.
func TestSchemaIsOfTheTypes(t *testing.T) {
	doc := schema.Doc{
		Type: reflect.TypeFor[Scenario](), Name: SchemaName, Command: "weir scenarios --print-schema",
		Written: true,
		Alone:   map[reflect.Type]bool{reflect.TypeFor[Lane](): true, reflect.TypeFor[Condition](): true},
		Text: map[reflect.Type]bool{
			reflect.TypeFor[time.Duration](): true, reflect.TypeFor[Share](): true,
			reflect.TypeFor[backend.Service]():  true,
			reflect.TypeFor[backend.Endpoint](): true,
		},
		More: map[string]string{
			"variants": "Two or more variants, by name, each with the keys that it overrides. Each is a run of its own.",
			"quick":    "The keys that the short form of the scenario overrides (--quick).",
			"flip":     "The keys that reverse the scenario's main setting (--flip), and gives: what the verdict then begins with.",
		},
	}
	want, err := doc.Make("../..")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("scenario.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, Schema()) {
		t.Error("scenario.schema.json is not what the types say; go test ./scenarios/catalogue -run Schema -update makes it anew")
	}
}

// TestScenariosFollowTheSchema: every scenario of the catalogue does, and one with an unknown key does not.
func TestScenariosFollowTheSchema(t *testing.T) {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", text); err != nil {
		t.Fatal(err)
	}
	published, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		source, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSON(source)
		if err != nil {
			t.Fatal(err)
		}
		var scenario map[string]any
		if err := json.Unmarshal(asJSON, &scenario); err != nil {
			t.Fatal(err)
		}
		if err := published.Validate(scenario); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if scenario["surprise"] = true; published.Validate(scenario) == nil {
			t.Errorf("%s: the schema lets an unknown key pass", name)
		}
	}
}
