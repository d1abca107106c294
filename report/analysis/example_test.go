package analysis_test

import (
	"bytes"
	"fmt"

	"weir/report/analysis"
	"weir/report/runfile"
	"weir/report/words"
	"weir/report/world"
)

// The record of a run, here of a simulated one, and what it shows.
func ExampleAnalyze() {
	record, err := world.Demo().Record()
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := analysis.Analyze(runfile.NewReader(bytes.NewReader(record), "run.ndjson"))
	if err != nil {
		fmt.Println(err)
		return
	}
	l := a.Lanes[0]
	fmt.Printf("valid: %v; onset %.0f req/s, computed capacity %.0f req/s\n",
		a.Valid, l.ErrorOnset.RPS, *a.Capacity.Computed)
	fmt.Println("cause:", l.Cause.Code)
	for _, finding := range l.Cause.Evidence[:2] {
		fmt.Println(words.Of(finding))
	}
	// Output:
	// valid: true; onset 400 req/s, computed capacity 400 req/s
	// cause: worker_bound_overflow
	// Overflows in the backend's network namespace (TcpExtListenOverflows): 2,113
	// Drops of this listener (sk_drops): 2,113
}
