package catalogue_test

import (
	"fmt"

	"weir/scenarios/catalogue"
)

// A scenario of the catalogue with another backlog, in each of its variants.
func ExampleOpen() {
	all, err := catalogue.Open("backlog-overflow", catalogue.Options{Set: []string{"backend.backlog=128"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range all {
		fmt.Println(s.ID(), s.BackendNames(), s.Backends["backend"].Backlog)
	}
	// Output: backlog-overflow [backend] 128
}
