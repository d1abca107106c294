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
	fmt.Println(l.Cause.Code, "–", words.Of(l.Cause.Text))
	// Output: valid: true; onset 400 req/s, computed capacity 400 req/s worker_bound_overflow – The accept queue
	// (backlog 16, room for 17) was full, so the kernel dropped 2,113 connection attempts. The client saw 2,113
	// × connect_timeout, no reset and no 502. More was offered than the workers can serve, 400.0 req/s.
}
