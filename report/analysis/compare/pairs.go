package compare

import (
	"cmp"
	"slices"

	"weir/report/result"
)

// pair is two complete trials at equal load.
type pair struct{ a, b *result.Trial }

const (
	sameRate = .01  // two rates that differ by no more are one load
	calmLoss = .005 // up to this share of bad requests a trial's percentiles are those of all its requests
)

// calm reports whether both trials served nearly all. Above, those that failed are missing from the
// percentiles, and the queue decides what these are.
func (p pair) calm() bool {
	for _, t := range []*result.Trial{p.a, p.b} {
		if float64(t.Bad) > calmLoss*float64(t.Due) {
			return false
		}
	}
	return true
}

// pairTrials pairs the n-th trial of a rate in one arm with the n-th of it in the other, and likewise trials
// whose plan changes the rate. A pair in which a trial was cut short, or which was not offered the same in
// the same way, is left out.
func pairTrials(a, b []result.Trial) []pair {
	inOrder := func(trials []result.Trial) []*result.Trial {
		list := make([]*result.Trial, 0, len(trials))
		for i := range trials {
			if t := &trials[i]; t.Duration > 0 {
				list = append(list, t)
			}
		}
		slices.SortStableFunc(list, func(x, y *result.Trial) int {
			return cmp.Or(cmp.Compare(x.Rate, y.Rate), cmp.Compare(x.Start, y.Start))
		})
		return list
	}
	as, bs := inOrder(a), inOrder(b)
	var pairs []pair
	for len(as) > 0 && len(bs) > 0 {
		x, y := as[0], bs[0]
		switch {
		case x.Rate < y.Rate*(1-sameRate):
			as = as[1:]
		case y.Rate < x.Rate*(1-sameRate):
			bs = bs[1:]
		default:
			as, bs = as[1:], bs[1:]
			if x.Complete && y.Complete && alike(x.Duration, y.Duration) && x.Arrival == y.Arrival &&
				(x.Rate > 0 || sameStages(x, y)) {
				pairs = append(pairs, pair{x, y})
			}
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(p.a.Start, q.a.Start) })
	return pairs
}

func alike(x, y float64) bool { return x-y <= sameRate*x && y-x <= sameRate*x }
