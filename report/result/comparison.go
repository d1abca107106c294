package result

import "weir/report/unit"

// Comparison is what differs between two arms, A and B: two runs, or two lanes of one run.
type Comparison struct {
	A      Arm     `json:"a"`      // before, or direct
	B      Arm     `json:"b"`      // after, or proxy
	Design Finding `json:"design"` // how trials were paired, in words
	// of complete trials at equal load; the trial is the independent unit, never the request
	Pairs int `json:"pairs"`
	// of these: both arms lost 0.5 % at most. Latencies are compared there, where there are any
	Calm    int           `json:"calm"`
	Verdict []Finding     `json:"verdict"` // plain sentences, differences first
	Effects []Effect      `json:"effects"` // one a metric
	Proxy   *ProxyEffects `json:"proxy"`   // null: the arms are not direct and proxy

	// why the arms may differ for another reason than what is under test
	Warnings []ArmWarning `json:"doubts"`
}

// ArmWarning is why the arms may differ for another reason than what is under test.
type ArmWarning struct {
	Code Code    `json:"code"` // what differs, stable for programs: "kernel", "plan" …
	Text Finding `json:"text"` // what differs and how, in words
}

// Arm is one side of a comparison.
type Arm struct {
	Label   string `json:"label"`   // what the verdict calls it: "A" and "B", or the lanes' names
	Run     string `json:"run"`     // the run's name
	Started string `json:"started"` // RFC 3339, UTC
	Lane    string `json:"lane"`    // of that run
	Valid   bool   `json:"valid"`   // false: of an INVALID run, of which nothing can be compared
}

// Effect is one metric in both arms, and what differs.
type Effect struct {
	// "onset.rate", "plateau.rate", "latency.p50", "bad.rate", "outcome.http_504.rate" …
	Metric string    `json:"metric"`
	Unit   unit.Unit `json:"unit"`  // "rate": per second; "time": seconds; "share": of 1
	A      Estimate  `json:"a"`     // of arm A
	B      Estimate  `json:"b"`     // of arm B
	Ratio  *Interval `json:"ratio"` // B ÷ A; null for shares, or where there is no interval
	// B − A in the unit; null for rates, or where there is no interval
	Difference *Difference `json:"difference"`
	// of trials that the interval rests on; 0: it rests on both arms' own intervals
	Pairs int `json:"pairs"`
	// mean ÷ standard deviation of the pairs (Cohen's d); of shares Cohen's h
	EffectSize *float64 `json:"effect_size"`
	// minimum detectable change, which 8 of 10 such comparisons find: relative, of shares absolute
	Detectable *float64 `json:"detectable"`
	Method     Finding  `json:"method"` // how the interval was made
	// of B: "higher", "lower", "no difference found" or "not known"
	Finding Direction `json:"finding"`
	// why it is not known, or what a reader has to know beside it
	Reason Finding `json:"reason,omitzero"`
}

// Direction is how arm B differs from arm A.
type Direction string

// The directions of an Effect.
const (
	Higher       Direction = "higher"
	Lower        Direction = "lower"
	NoDifference Direction = "no difference found"
	NotKnown     Direction = "not known"
)

// Estimate is a value with its 95 % interval; null is not known.
type Estimate struct {
	Value *float64 `json:"value"` // in the effect's unit
	Low   *float64 `json:"low"`   // null with a value: it has no interval
	High  *float64 `json:"high"`  // its upper end
	Count uint64   `json:"count"` // requests that it rests on; 0 where trials are what counts
}

// In is the estimate in a unit.
func (e Estimate) In(u unit.Unit) unit.Estimate {
	return unit.Estimate{Value: e.Value, Low: e.Low, High: e.High, N: e.Count, Unit: u}
}

// Difference is a difference with its 95 % interval.
type Difference struct {
	Value float64 `json:"value"` // B − A
	Low   float64 `json:"low"`   // lower end of the interval
	High  float64 `json:"high"`  // upper end of the interval
}

// In is the difference in the unit of what differs; shares differ by percentage points.
func (d Difference) In(u unit.Unit) unit.Estimate {
	if u == unit.Share {
		u = unit.Points
	}
	return unit.Of(u, d.Value, d.Low, d.High)
}

// ProxyEffects is what a proxy does to the requests that pass through it, as far as it was measured.
type ProxyEffects struct {
	Adds  ProxyEffect `json:"adds"`  // latency, at equal load that both lanes serve
	Hides ProxyEffect `json:"hides"` // failures and retries
	Costs ProxyEffect `json:"costs"` // capacity
}

// ProxyEffect is one of these.
type ProxyEffect struct {
	Text     Finding  `json:"text"`     // in words, with intervals
	Measured bool     `json:"measured"` // false: the text says why not
	Metrics  []string `json:"metrics"`  // of the comparison's effects that it rests on
}
