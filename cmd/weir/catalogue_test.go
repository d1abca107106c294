package main

import (
	"testing"

	"weir/scenarios/catalogue"
)

// Every verdict of the catalogue is reached by assertions that the gate understands, over lanes that there are.
func TestVerdictsAreAssertions(t *testing.T) {
	for _, name := range catalogue.Names() {
		all, err := catalogue.Open(name, catalogue.Options{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := conditions(experiment{name, all})
		if err != nil {
			t.Error(err)
		}
		for i, conds := range list {
			n := 0
			for _, c := range conds {
				n += len(c.asserts)
			}
			if n == 0 {
				t.Errorf("%s: verdict %d rests on no assertion", name, i+1)
			}
		}
	}
}
