package runfile_test

import (
	"bytes"
	"fmt"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// A run is recorded while it happens, and read back record by record.
func ExampleRecorder() {
	var file bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&file), runfile.Header{
		Name: "small", TrialsTotal: 1, Lanes: []runfile.Lane{{Name: "direct", Mode: runfile.Loss}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := plan.Plan{Stages: []plan.Stage{{From: 2, To: 2, Duration: time.Second}}}
	_ = rec.Write(&runfile.Trial{Lane: "direct", Rate: 2, Plan: p, Due: p.Count()}) // see Close
	results := rec.Results(0)                                                       // what an engine is given
	for i, due := range p.Due() {
		done := due + 20*time.Millisecond
		results.Record(loadgen.Result{Seq: i, Due: due, Sent: due, Done: done, Outcome: loadgen.OK})
	}
	_ = rec.Write(&runfile.TrialEnd{End: time.Second, Drained: true, DrainedAt: time.Second})
	if err := rec.Close(runfile.Complete); err != nil { // the first error of all
		fmt.Println(err)
		return
	}

	r := runfile.NewReader(&file, "run.ndjson")
	for r.Scan() {
		if bin, ok := r.Record().(*runfile.Bin); ok {
			fmt.Println("due from", bin.At, "on:", bin.Due)
		}
	}
	if err := r.Err(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// due from 0s on: map[ok:1]
	// due from 500ms on: map[ok:1]
}
