package main

import (
	"testing"

	"weir/loadgen"
)

// What the progress line does not count reaches the record all the same.
func TestDeparturesPass(t *testing.T) {
	next := &gone{}
	rec := counted{rec: next}
	loadgen.Depart(rec, loadgen.Departure{})
	loadgen.Depart(loadgen.ShardOf(rec), loadgen.Departure{})
	if next.n != 2 {
		t.Errorf("%d departures, want 2", next.n)
	}
}

// gone counts departures.
type gone struct{ n int }

func (*gone) Record(loadgen.Result)      {}
func (g *gone) Depart(loadgen.Departure) { g.n++ }
