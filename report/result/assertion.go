package result

import "weir/report/unit"

// Verdict is the answer to an assertion.
type Verdict string

// The answers. Invalid says that the run cannot be believed, so that there is none.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	Invalid      Verdict = "invalid"
)

// AssertionResult is the answer to one assertion, of one lane where it is made of each. Package gate finds
// it.
type AssertionResult struct {
	Expr   string  `json:"expr"`           // as it was written
	Name   string  `json:"name,omitempty"` // from an assertion file
	Lane   string  `json:"lane,omitempty"` // where the assertion names none
	Result Verdict `json:"result"`         // "pass", "fail", "inconclusive" or "invalid"
	// base units: shares of 1, seconds, requests per second; null: not known
	Value    *float64  `json:"value"`
	Low      *float64  `json:"low"`      // null with a value: nothing bounds it below
	High     *float64  `json:"high"`     // null with a value: nothing bounds it above
	Unit     unit.Unit `json:"unit"`     // "share", "time", "rate", "count" or "ratio"
	Measured string    `json:"measured"` // value and interval as people read them, or "not known"
	// why there is no better answer, or what a reader has to know beside it
	Reason Finding `json:"reason,omitzero"`
}

// Estimate is what was measured. An exact number has no interval.
func (r *AssertionResult) Estimate() unit.Estimate {
	e := unit.Estimate{Value: r.Value, Low: r.Low, High: r.High, Unit: r.Unit}
	if e.Unit == unit.Ratio && e.Value != nil && *e.Value >= .1 {
		e.Unit = unit.Quotient
	}
	if e.Low != nil && e.High != nil && *e.Low == *e.High {
		e.Low, e.High = nil, nil
	}
	return e
}
