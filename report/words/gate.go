package words

// gates: why an assertion has no better answer.
var gates = Sentences{
	"gate_run_invalid":      "The run is INVALID.[ {reasons}]",
	"gate_baseline_invalid": "The baseline is INVALID.[ {reasons}]",
	"division_by_0":         "The divisor is 0.",
	"and":                   "{parts}",
	"of_operand":            "{operand}: {why}",
	"interval_over_limit":   "The interval reaches over the limit. More requests or trials make it narrower.",
	"not_comparable":        "{text}",
	"baseline_differs":      "The {what}[ of {lane}] differs: {a}, baseline {b}.",
	"baseline_no_lane":      "The baseline has no lane {lane}.",
}
