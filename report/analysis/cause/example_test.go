package cause_test

import (
	"fmt"

	"weir/loadgen"
	"weir/report/analysis/cause"
	"weir/report/words"
)

// A cause follows from facts, whoever found them: here, that nobody listened.
func ExampleOf() {
	c, _ := cause.Of(cause.Facts{
		Classes: map[loadgen.Class]cause.Failures{
			loadgen.ByRefusal: {Outcomes: map[loadgen.Outcome]uint64{loadgen.ConnectRefused: 500}},
		},
		Outcomes: map[loadgen.Outcome]uint64{loadgen.ConnectRefused: 500},
	})
	fmt.Println(c.Code)
	fmt.Println(words.Of(c.Text))
	// Output:
	// not_listening
	// Nothing listened where the requests went: 500 × connect_refused. A full queue does not refuse.
}
