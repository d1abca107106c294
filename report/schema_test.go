package report

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"weir/report/analysis/compare"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/schema"
	"weir/report/words"
	"weir/report/world"
)

// TestSchemasAreOfTheTypes: the published schemas are made from the types that are printed and the comments
// of their fields, so that a key without a word about it, or one that the schema does not have, fails here.
func TestSchemasAreOfTheTypes(t *testing.T) {
	published(t, "report", Schema(), schema.Doc{Type: reflect.TypeFor[result.Analysis](), Name: result.Schema,
		Command: "weir report --print-schema", Values: causeCodes()})
	published(t, "compare", CompareSchema(), schema.Doc{Type: reflect.TypeFor[Comparisons](),
		Name: CompareSchemaName, Command: "weir compare --print-schema"})
	published(t, "gate", GateSchema(), schema.Doc{Type: reflect.TypeFor[GateReport](), Name: GateSchemaName,
		Command: "weir gate --print-schema"})
	published(t, "dose", DoseSchema(), schema.Doc{Type: reflect.TypeFor[compare.Dose](),
		Name: compare.DoseSchemaName, Command: "weir report --print-schema=dose"})
	published(t, "record", RecordSchema(), schema.Doc{Lines: recordKinds, Name: runfile.Schema,
		Command: "weir report --print-schema=record"})
}

var recordKinds = map[string]reflect.Type{
	"header": reflect.TypeFor[runfile.Header](), "trial": reflect.TypeFor[runfile.Trial](),
	"trial_end": reflect.TypeFor[runfile.TrialEnd](),
	"bin":       reflect.TypeFor[runfile.Bin](), "phases": reflect.TypeFor[runfile.Phases](),
	"failure": reflect.TypeFor[runfile.Failure](),
	"sample":  reflect.TypeFor[runfile.Sample](), "host": reflect.TypeFor[runfile.Host](),
	"clock":   reflect.TypeFor[runfile.Clock](),
	"service": reflect.TypeFor[runfile.Service](), "event": reflect.TypeFor[runfile.Event](),
	"access":       reflect.TypeFor[runfile.Access](),
	"proxy_status": reflect.TypeFor[runfile.ProxyStatus](), "proxied": reflect.TypeFor[runfile.Proxied](),
	"footer": reflect.TypeFor[runfile.Footer](),
}

// TestRecordsFollowTheSchema: every line of recorded runs is of one of the kinds that the schema has, and a
// line that is not does not pass.
func TestRecordsFollowTheSchema(t *testing.T) {
	if *update {
		t.Skip("what is embedded is the schema before its update")
	}
	published := compiled(t, RecordSchema())
	seen := map[string]int{}
	for name, w := range map[string]func() world.World{
		"demo": demonstration, "one lane": withoutNGINX, "reused": reused, "recovering": recovering,
		"searching": searching, "remote": addressOnly,
	} {
		record, err := w().Record()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(record), []byte("\n")) {
			rec := parsed(t, line)
			kind, _ := rec["kind"].(string)
			if seen[kind]++; seen[kind] > 200 {
				continue
			}
			if err := published.Validate(rec); err != nil {
				t.Fatalf("%s: %s\n%v", name, line, err)
			}
			if rec["surprise"] = 1.0; published.Validate(rec) == nil {
				t.Fatalf("the schema lets any key of a %s pass", kind)
			}
		}
	}
	for kind := range recordKinds {
		if seen[kind] == 0 {
			t.Errorf("no recorded run has a %s", kind)
		}
	}
}

// causeCodes are what the causes claim.
func causeCodes() map[reflect.Type][]schema.Value {
	var list []schema.Value
	for _, c := range words.Claims {
		list = append(list, schema.Value{Name: string(c.Code), Text: c.Text})
	}
	return map[reflect.Type][]schema.Value{reflect.TypeFor[result.CauseCode](): list}
}

// published holds the schema of what a command prints against the type that it prints.
func published(t *testing.T, file string, have []byte, doc schema.Doc) {
	t.Helper()
	want, err := doc.Make("..")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema/"+file+".schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, have) {
		t.Errorf("schema/%s.schema.json is not what the types say; go test ./report -run Schema -update makes it anew", file)
	}
}

// TestReportsFollowTheSchema, and what is not a report does not: else a schema that allows everything would
// do.
func TestReportsFollowTheSchema(t *testing.T) {
	if *update {
		t.Skip("what is embedded is the schema before its update")
	}
	published := compiled(t, Schema())
	for name, fixture := range fixtures {
		var b bytes.Buffer
		if err := JSON(&b, fixture()); err != nil {
			t.Fatal(err)
		}
		report := parsed(t, b.Bytes())
		if name == "hostile" { // whose schema is planted text
			report["schema"] = result.Schema
		}
		if err := published.Validate(report); err != nil {
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
			broken["schema"] = result.Schema
			harm(broken)
			if published.Validate(broken) == nil {
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
	compiled, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func parsed(t *testing.T, report []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(report, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
