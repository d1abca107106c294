package gate

import (
	"weir/report/analysis/compare"
	"weir/report/result"
)

// Warnings lists why a run and its baseline may differ for another reason than what is under test.
func Warnings(a, baseline *result.Analysis) []result.Finding {
	var list []result.Finding
	differ := func(lane string, mismatches []compare.Mismatch) {
		for _, m := range mismatches {
			args := m.Args()
			args["lane"] = lane
			list = append(list, result.Finding{Code: "baseline_differs", Args: args})
		}
	}
	var lanes []*result.Lane
	for i := range a.Lanes {
		lanes = append(lanes, &a.Lanes[i])
	}
	differ("", compare.Places(a, baseline, lanes...))
	for i := range a.Lanes {
		l := &a.Lanes[i]
		if b := compare.Lane(baseline, l.Name); b != nil {
			differ(l.Name, compare.Loads(l, b))
		} else {
			list = append(list, result.Finding{Code: "baseline_no_lane", Args: result.Args{"lane": l.Name}})
		}
	}
	return list
}
