// Package belief has the one list of rules that decide whether a measurement says something of the server, or
// only of the generator that made it. The same rules read the forecast of a plan before its load, each trial
// of a search, and a whole run: whatever they break is a warning in the first case, costs the trial in the
// second, and makes the run INVALID in the third.
//
// A new rule is a row in rules.go, a row in its test, and its sentences in report/words. What only blurs a
// result is no rule but a warning of report/analysis.
package belief

import (
	"time"

	"weir/loadgen"
)

// Facts is what is known of a generator and its load. What is zero or nil did not happen or is not known, and
// breaks no rule. Facts of a plan are what is expected of it.
type Facts struct {
	// requests whose outcome is known, and those of them that were sent
	Due, Sent uint64
	Outcomes  map[loadgen.Outcome]uint64 // at least those that are the generator's own failures
	// sent − due of the 99th percentile, or of the few latest of a smaller load
	Late            time.Duration
	Bearable        time.Duration // how late that may be, see Bearable
	OverflowsBefore uint64        // of the server's accept queue, before the load began

	CPU, Wall time.Duration  // CPU time, and in what time
	CPUs      int            // processors that affinity and control groups leave to the generator
	RunDelay  *time.Duration // how long its threads were runnable and did not run, together
	LoopCPU   *float64       // share of its worst second for which the busiest event loop ran
	LoopDelay *float64       // share of its worst second for which an event loop was runnable and did not run
}

// Finding is a rule that was broken, and by how much.
type Finding struct {
	Code            Code
	Advice          Advice
	Measured, Limit float64 // seconds, shares of 1, or counts
}

// Check lists the rules that a trial or a run breaks, in the order of Rules.
func Check(f Facts) (list []Finding) {
	for _, r := range rules {
		if found, broken := r.Broken(f); broken {
			list = append(list, found)
		}
	}
	return list
}

// Forecast lists the rules that a plan will break, under the codes of their warnings.
func Forecast(f Facts) (list []Finding) {
	for _, r := range rules {
		if found, broken := r.Broken(f); broken && r.Planned != "" {
			found.Code = r.Planned
			list = append(list, found)
		}
	}
	return list
}

// Bearable is how late one request in a hundred may be sent at a rate (req/s) to a server of known service
// time and queue (0: not known). A late generator releases together what was due apart, and that burst must
// be small beside the queue which takes it: then neither onset nor accounting move, however late a few
// requests are.
func Bearable(rate float64, service time.Duration, slots int) time.Duration {
	limit := max(MaxLag, time.Duration(MaxLagShare*float64(service)))
	if slots > 0 && rate > 0 {
		limit = max(limit, time.Duration(MaxBurst*float64(slots)/rate*float64(time.Second)))
	}
	return limit
}
