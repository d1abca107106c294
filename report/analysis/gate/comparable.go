package gate

import (
	"fmt"

	"weir/report/analysis/compare"
	"weir/report/result"
)

// Doubts lists in sentences why a run and its baseline may differ for another reason than what is under test.
func Doubts(a, baseline *result.Analysis) []string {
	var list []string
	differ := func(lane string, mismatches []compare.Mismatch) {
		for _, m := range mismatches {
			list = append(list, fmt.Sprintf("the %s%s differs: %s, baseline %s", m.What, lane, m.A, m.B))
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
			differ(" of "+l.Name, compare.Loads(l, b))
		} else {
			list = append(list, fmt.Sprintf("the baseline has no lane %s", l.Name))
		}
	}
	return list
}
