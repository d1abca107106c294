package main

import _ "embed"

// The JSON Schemas of what commands print of themselves, made from the types by a test; the others are package report's.
var (
	//go:embed schema/gate.schema.json
	gateSchema []byte
	//go:embed schema/capacity.schema.json
	capacitySchema []byte
)
