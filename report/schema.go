package report

import _ "embed"

//go:embed schema/report.schema.json
var reportSchema []byte

//go:embed schema/compare.schema.json
var compareSchema []byte

//go:embed schema/dose.schema.json
var doseSchema []byte

//go:embed schema/record.schema.json
var recordSchema []byte

// RecordSchema is the JSON Schema of a line of run.ndjson.
func RecordSchema() []byte { return recordSchema }

//go:embed schema/gate.schema.json
var gateSchema []byte

// GateSchema is the JSON Schema of a judgement as its JSON method prints it.
func GateSchema() []byte { return gateSchema }

// DoseSchema is the JSON Schema of a dose-response as DoseJSON prints it.
func DoseSchema() []byte { return doseSchema }

// CompareSchema is the JSON Schema of comparisons as CompareJSON prints them, made and held in the same way.
func CompareSchema() []byte { return compareSchema }

// Schema is the JSON Schema (draft 2020-12) of report.json, with a word about every key. A test makes it from
// the types that are printed and their comments, and holds reports against it.
func Schema() []byte { return reportSchema }
