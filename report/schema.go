package report

import _ "embed"

//go:embed schema/report.schema.json
var schema []byte

//go:embed schema/compare.schema.json
var compareSchema []byte

// CompareSchema is the JSON Schema of comparisons as CompareJSON prints them, made and held in the same way.
func CompareSchema() []byte { return compareSchema }

// Schema is the JSON Schema (draft 2020-12) of report.json, with a word about every key. A test makes it from the
// types of report/analysis and their comments, and holds reports against it.
func Schema() []byte { return schema }
