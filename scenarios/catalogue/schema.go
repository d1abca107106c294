package catalogue

import _ "embed"

//go:embed scenario.schema.json
var schemaText []byte

// SchemaName is the name of the form of a scenario file.
const SchemaName = "weir.scenario/1"

// Schema is the JSON Schema (draft 2020-12) of a scenario file, which describes every key. A test makes it
// from the types that a file is decoded into.
func Schema() []byte { return schemaText }
