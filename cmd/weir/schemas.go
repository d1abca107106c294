package main

import _ "embed"

// capacitySchema is the JSON Schema of what `weir capacity` prints, made from its type by a test; the others
// are package report's.
//
//go:embed schema/capacity.schema.json
var capacitySchema []byte
