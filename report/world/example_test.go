package world_test

import (
	"bytes"
	"fmt"
	"time"

	"weir/report/runfile"
	"weir/report/world"
)

// An event loop takes in whatever comes: half as much again as it does is in its queue, and nothing
// overflows.
func ExampleWorld() {
	w := world.Demo()
	w.Server = world.Server{Workers: 1, Service: world.Constant(5 * time.Millisecond), Ahead: world.Unbounded}
	w.Rates = []float64{1.5 * w.Capacity()}
	record, err := w.Record()
	if err != nil {
		fmt.Println(err)
		return
	}
	outcomes := map[string]uint64{}
	for r := runfile.NewReader(bytes.NewReader(record), "run.ndjson"); r.Scan(); {
		if bin, ok := r.Record().(*runfile.Bin); ok {
			for outcome, n := range bin.Due {
				outcomes[string(outcome)] += n
			}
		}
	}
	fmt.Printf("μ = %.0f req/s; of %.0f req/s for 2 s: %v\n", w.Capacity(), w.Rates[0], outcomes)
	// Output: μ = 200 req/s; of 300 req/s for 2 s: map[ok:600]
}
