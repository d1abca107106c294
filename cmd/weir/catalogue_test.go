package main

import (
	"testing"

	"weir/scenarios/catalogue"
)

// Every verdict of the catalogue is reached by assertions that the gate understands, over lanes that there
// are.
func TestVerdictsAreAssertions(t *testing.T) {
	for _, name := range catalogue.Names() {
		all, err := catalogue.Open(name, catalogue.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conditions(experiment{name, all}); err != nil {
			t.Error(err)
		}
	}
}
