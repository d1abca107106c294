package count

import "weir/loadgen"

// Outcomes are counted by number and written by name.
var (
	outcomeNames = loadgen.Outcomes()
	numbers      = numberOutcomes()
)

// numbered bounds how many outcomes have a number, the one for outcomeNames that we do not know included.
const numbered = 32

func numberOutcomes() map[loadgen.Outcome]int {
	if outcomeNames[0] != loadgen.OK || len(outcomeNames) >= numbered {
		panic("count: outcomes are numbered from ok = 0, and there is room for 31")
	}
	m := map[loadgen.Outcome]int{}
	for i, o := range outcomeNames {
		m[o] = i
	}
	return m
}

// outcomeNumber is quick for the outcome that is the rule. An outcome that has no name is counted last.
func outcomeNumber(o loadgen.Outcome) int {
	if o == loadgen.OK {
		return 0
	}
	if n, ok := numbers[o]; ok {
		return n
	}
	return len(outcomeNames)
}

func named(counts *[numbered]uint64) map[loadgen.Outcome]uint64 {
	m := map[loadgen.Outcome]uint64{}
	for i, n := range counts {
		if n > 0 && i < len(outcomeNames) {
			m[outcomeNames[i]] = n
		} else if n > 0 {
			m[""] += n
		}
	}
	return m
}
