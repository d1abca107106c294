package belief

import (
	"math"
	"slices"
	"time"

	"weir/loadgen"
)

// The limits of the rules.
const (
	MinSent     = 0.99             // sent ÷ due
	MaxLag      = time.Millisecond // sent − due of the 99th percentile that is always bearable, or
	MaxLagShare = 0.02             // of the service time, or
	MaxBurst    = 0.25             // of the queue's slots, which is how many requests may arrive together
	MaxCPU      = 0.80             // of the processors that the generator may use

	// Threads that wait for a processor read answers late, which the send lag does not show. A quarter is
	// what two busy processors that others use too were measured to bear: there onset and accounting still
	// agreed.
	MaxRunDelay = 0.25 // of the same processors; where there are no event loops, or nothing is known of them

	// An event loop is a queue with one server, its processor: busier than this, a request waits for ten
	// others and more, and from 1 on ever longer. And one that did not get its processor for this share of
	// its time was not there.
	MaxLoop      = 0.90 // of its worst second
	MaxLoopDelay = 0.50 // of the same

	// LateNeeds is how many requests a 99th percentile needs that one of them does not decide.
	LateNeeds = 300
)

// Code names a broken rule.
type Code string

// Advice names what to change.
type Advice string

// What to change.
const (
	StopTraffic    Advice = "stop_traffic"
	LowerRate      Advice = "lower_rate"
	QuietMachine   Advice = "quiet_machine"
	RaiseInFlight  Advice = "raise_in_flight"
	MorePorts      Advice = "more_ports"
	MoreFiles      Advice = "more_files"
	MoreProcessors Advice = "more_processors"
	StopPrograms   Advice = "stop_programs"
)

// Rule is one way in which the generator, or somebody else's load, decides what is measured.
type Rule struct {
	Code    Code   // of the finding in a trial or a run
	Planned Code   // of the warning before the load, where a forecast can break the rule; "" where it cannot
	Advice  Advice // what to change
	Least   bool   // the limit is a least, else a most

	measure func(*Facts) (measured, limit float64) // measured is NaN where it is not known
}

var rules = []Rule{
	{Code: "overflowed_before", Advice: StopTraffic, measure: func(f *Facts) (float64, float64) {
		return float64(f.OverflowsBefore), 0
	}},
	{Code: "not_sent", Advice: LowerRate, Least: true, measure: func(f *Facts) (float64, float64) {
		return float64(f.Sent) / float64(f.Due), MinSent
	}},
	{Code: "sent_late", Advice: QuietMachine, measure: func(f *Facts) (float64, float64) {
		return f.Late.Seconds(), f.Bearable.Seconds()
	}},
	{Code: "requests_shed", Advice: RaiseInFlight, measure: outcome(loadgen.Shed)},
	{Code: "no_local_ports", Planned: "few_ports", Advice: MorePorts, measure: outcome(loadgen.NoLocalPort)},
	{Code: "no_descriptors", Planned: "few_files", Advice: MoreFiles, measure: outcome(loadgen.NoFD)},
	{Code: "processors_busy", Planned: "few_processors", Advice: MoreProcessors,
		measure: func(f *Facts) (float64, float64) {
			return f.ofProcessors(f.CPU), MaxCPU
		}},
	{Code: "loop_busy", Advice: MoreProcessors, measure: func(f *Facts) (float64, float64) {
		return known(f.LoopCPU), MaxLoop
	}},
	{Code: "loop_waited", Advice: StopPrograms, measure: func(f *Facts) (float64, float64) {
		return known(f.LoopDelay), MaxLoopDelay
	}},
	{Code: "threads_waited", Advice: StopPrograms, measure: func(f *Facts) (float64, float64) {
		// what waits beside event loops, the probe's thread, delays no request
		if f.RunDelay == nil || f.LoopDelay != nil {
			return math.NaN(), MaxRunDelay
		}
		return f.ofProcessors(*f.RunDelay), MaxRunDelay
	}},
}

// Rules are all rules, in the order in which findings are listed.
func Rules() []Rule { return slices.Clone(rules) }

// Broken is what the facts are found to break.
func (r Rule) Broken(f Facts) (Finding, bool) {
	measured, limit := r.measure(&f)
	return Finding{r.Code, r.Advice, measured, limit}, measured > limit && !r.Least ||
		measured < limit && r.Least
}

// Limit is the rule's limit where it is the same for all loads.
func (r Rule) Limit() float64 {
	_, limit := r.measure(&Facts{})
	return limit
}

func outcome(o loadgen.Outcome) func(*Facts) (float64, float64) {
	return func(f *Facts) (float64, float64) { return float64(f.Outcomes[o]), 0 }
}

// ofProcessors is a time's share of what the generator's processors offered.
func (f *Facts) ofProcessors(d time.Duration) float64 {
	if f.Wall <= 0 || f.CPUs <= 0 {
		return math.NaN()
	}
	return float64(d) / float64(f.Wall) / float64(f.CPUs)
}

func known(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}
