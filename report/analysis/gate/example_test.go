package gate_test

import (
	"fmt"

	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
)

// Three failures in 1,000 requests: the share may be above half a percent, and one run cannot exclude that.
func ExampleEvaluate() {
	run := &result.Analysis{Valid: true, Ended: result.Ending{How: "complete"}, Lanes: []result.Lane{{
		Name: "direct", Offered: 1000, Outcomes: map[string]uint64{"ok": 997, "http_504": 3},
	}}}
	var asserts []gate.Assertion
	for _, expr := range []string{"bad.rate < 2%", "bad.rate < 0.5%", "outcome.http_5xx.count == 0"} {
		a, err := gate.Parse(expr)
		if err != nil {
			fmt.Println(err)
			return
		}
		asserts = append(asserts, a)
	}
	results := gate.Evaluate(run, nil, asserts)
	for _, r := range results {
		fmt.Printf("%s: %s (%s)\n", r.Result, r.Expr, r.Measured)
		if sentence := words.Of(r.Reason); sentence != "" {
			fmt.Println(" ", sentence)
		}
	}
	fmt.Println("all together:", gate.Overall(results))
	// Output:
	// pass: bad.rate < 2% (0.300 % [0.102, 0.878])
	// inconclusive: bad.rate < 0.5% (0.300 % [0.102, 0.878])
	//   The interval reaches over the limit. More requests or trials make it narrower.
	// fail: outcome.http_5xx.count == 0 (3)
	// all together: fail
}
