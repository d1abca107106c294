package compare

import (
	"reflect"
	"slices"

	"weir/report/result"
	"weir/report/unit"
)

// verdict is what differs, then what does not as far as this could be seen, then what is not known.
func verdict(c *result.Comparison) []result.Finding {
	if !c.A.Valid || !c.B.Valid {
		return []result.Finding{{Code: "compare_invalid"}}
	}
	var differ, same, unknown []result.Finding
	for _, e := range important(c) {
		what := result.Finding{Code: "name_" + result.Code(e.Metric)}
		args := result.Args{"what": what, "b": c.B.Label, "measured": measured(c, e), "least": least(e),
			"note": e.Reason}
		switch e.Finding {
		case result.Higher, result.Lower:
			if e.Unit != unit.Time { // the reason beside a share is in the table
				delete(args, "note")
			}
			differ = append(differ, result.Finding{Code: "compare_" + result.Code(e.Finding), Args: args})
		case result.NoDifference:
			same = append(same, result.Finding{Code: "compare_same", Args: args})
		default:
			if k := len(unknown) - 1; k >= 0 && reflect.DeepEqual(unknown[k].Args["why"], e.Reason) {
				unknown[k].Args["what"] = append(unknown[k].Args["what"].([]result.Finding), what)
				continue
			}
			unknown = append(unknown, result.Finding{Code: "compare_unknown",
				Args: result.Args{"what": []result.Finding{what}, "why": e.Reason}})
		}
	}
	out := slices.Concat(differ, same, unknown)
	if len(c.Warnings) > 0 {
		out = append(out, result.Finding{Code: "compare_unlike"})
	}
	return out
}

// important are the effects that the verdict speaks of; the others stand in the table.
func important(c *result.Comparison) (list []result.Effect) {
	rate := "onset.rate"
	for _, metric := range []string{"onset.rate", "plateau.rate", "overflow_onset.rate"} {
		if Effect(c, metric).Finding != result.NotKnown {
			rate = metric
			break
		}
	}
	for _, metric := range []string{rate, "latency.p50", "latency.p99", "bad.rate"} {
		list = append(list, *Effect(c, metric))
	}
	return list
}

// measured is both values and what lies between them.
func measured(c *result.Comparison, e result.Effect) result.Finding {
	args := result.Args{"a": c.A.Label, "b": c.B.Label, "from": e.A.Value, "to": e.B.Value}
	if e.Difference != nil {
		args["by"] = e.Difference.In(e.Unit)
	}
	if e.Ratio != nil {
		args["ratio"] = e.Ratio.Estimate()
	}
	return result.Finding{Code: "measured_" + result.Code(e.Unit), Args: args}
}

// least is the minimum detectable change, of shares in percentage points.
func least(e result.Effect) result.Finding {
	code := result.Code("least_change")
	if e.Unit == unit.Share {
		code = "least_points"
	}
	return result.Finding{Code: code, Args: result.Args{"least": e.Detectable}}
}
