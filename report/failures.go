package report

import (
	"maps"
	"slices"

	"weir/loadgen"
	"weir/report/result"
)

// kind is a count with the name of what was counted.
type kind struct {
	Name string
	N    uint64
}

// failures lists a lane's outcomes other than ok in the order of loadgen.Outcomes, unknown names last, and
// then the answers that came too late.
func failures(outcomes map[string]uint64, late uint64) []kind {
	var list []kind
	rest := maps.Clone(outcomes)
	for _, o := range loadgen.Outcomes() {
		if n := rest[string(o)]; n > 0 && o != loadgen.OK {
			list = append(list, kind{string(o), n})
		}
		delete(rest, string(o))
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		if rest[name] > 0 {
			list = append(list, kind{name, rest[name]})
		}
	}
	if late > 0 {
		list = append(list, kind{"late", late})
	}
	return list
}

// lateIn is how many ok answers of a trial came too late: Bad counts them, Outcomes does not name them.
func lateIn(t result.Trial) uint64 {
	var failed uint64
	for name, n := range t.Outcomes {
		if name != string(loadgen.OK) {
			failed += n
		}
	}
	if t.Bad <= failed {
		return 0
	}
	return t.Bad - failed
}
