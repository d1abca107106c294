package compare

import (
	"math"
	"slices"

	"weir/report/analysis/estimate"
	"weir/report/result"
)

// Between two runs lies what neither of them shows: a machine that is a little slower today. Trials of one
// run share it, so that no pairing of theirs brings it to light. What decides by two runs, without a person
// who looks at what else changed, leaves room for it on both sides: estimate.Allowance of each, as an onset
// has. Arms does not.
//
// For a median that is enough, also on a busy machine: of 10 pairs of runs of one server, 6 trials of 4 s
// each, on two processors with a load average above 10, none differed with it. Two pairs did at the p90 and
// at the p99 (by 1.4 to 1.9), where the machine's own delays are. Their only witness is how late the
// generator sent, which they delay as they do the server: so a percentile above the median has room for the
// 99th percentile of that lateness too, of each run.

// Pairs counts the pairs of complete trials at equal load.
func Pairs(a, b []result.Trial) int { return len(pairTrials(a, b)) }

// Latencies is a percentile ("p50", "p99") of the later run b ÷ that of a, over pairs of trials at a load
// that both served, or at equal load where there is none, with a 95 % interval; else why there is none.
func Latencies(a, b *result.Lane, name string) (result.Interval, result.Finding) {
	all := pairTrials(a.Trials, b.Trials)
	used := slices.DeleteFunc(slices.Clone(all), func(p pair) bool { return !p.calm() })
	if len(used) == 0 {
		used = all
	}
	k := slices.IndexFunc(percentiles, func(q percentile) bool { return q.name == name })
	if k < 0 {
		return result.Interval{}, result.Finding{Code: "no_such_percentile",
			Args: result.Args{"percentile": name}}
	}
	quotients, _ := percentiles[k].between(used)
	p, ok := estimate.Paired(quotients)
	if !ok {
		return result.Interval{}, percentiles[k].few(len(quotients))
	}
	half := math.Hypot(p.High-p.Mean+counterWidth, math.Hypot(percentiles[k].room(a), percentiles[k].room(b)))
	return result.Interval{Ratio: math.Exp(p.Mean), Low: math.Exp(p.Mean - half),
		High: math.Exp(p.Mean + half)}, result.Finding{}
}

// room is how far, as a logarithm, the percentile of a run may lie beside that of another run of the same.
func (q percentile) room(l *result.Lane) float64 {
	late := l.SendLag.P99
	if q.name == "p50" {
		late = l.SendLag.P50
	}
	x, _ := l.Latency.Named(q.name)
	if late == nil || x == nil || *x <= 0 {
		return math.Log1p(estimate.Allowance)
	}
	return math.Hypot(math.Log1p(estimate.Allowance), math.Log1p(*late / *x))
}

// OfDue divides by the requests that were due, for Counts.
func OfDue(t *result.Trial) float64 { return float64(t.Due) }

// PerSecond divides by the length of the trial, for Counts.
func PerSecond(t *result.Trial) float64 { return t.Duration }

// Counts is how many requests of a kind there were in the later run b, of those due or per second, ÷ how many
// in a, over pairs of trials at equal load; else why there is no interval. It is the wider of two: that of
// the requests, which takes them for independent, and that of the pairs (the ratio estimator, with Student's
// t). The run's own luck, its machine a share of estimate.Allowance slower, is as many good requests more or
// fewer where the server was overloaded.
//
// Source: W. G. Cochran, Sampling Techniques, section 6.3, for the ratio estimator.
func Counts(a, b *result.Lane, of func(*result.Trial) uint64, per func(*result.Trial) float64,
	level float64) (result.Interval, result.Finding) {
	pairs := pairTrials(a.Trials, b.Trials)
	if len(pairs) < estimate.MinPairs {
		return result.Interval{}, few("few_pairs", len(pairs))
	}
	var x, y summed
	for _, p := range pairs {
		scale := 1.
		if d := per(p.b); d > 0 {
			scale = per(p.a) / d
		}
		calm := p.calm()
		x.add(p.a, of, 1, calm)
		y.add(p.b, of, scale, calm)
	}
	i := y.over(&x, level)
	if x.sum == 0 || y.sum == 0 {
		return i, result.Finding{}
	}
	squares := 0.
	for k := range pairs {
		d := y.each[k]/y.sum - x.each[k]/x.sum
		squares += d * d
	}
	n := float64(len(pairs))
	half := math.Hypot(estimate.StudentTAt(uint64(len(pairs)-1), level)*math.Sqrt(squares*n/(n-1)),
		math.Hypot(x.room/x.sum, y.room/y.sum))
	i.Low, i.High = min(i.Low, i.Ratio*math.Exp(-half)), max(i.High, i.Ratio*math.Exp(half))
	return i, result.Finding{}
}

// summed adds up an arm's trials.
type summed struct {
	each []float64 // requests of the kind
	sum  float64   // of them
	k, n uint64    // of the kind and due, as counted
	room float64   // of the kind, more or fewer, by what two runs may differ in
}

func (m *summed) add(t *result.Trial, of func(*result.Trial) uint64, scale float64, calm bool) {
	k := min(of(t), t.Due)
	m.each = append(m.each, scale*float64(k))
	m.sum += scale * float64(k)
	m.k, m.n = m.k+k, m.n+t.Due
	if !calm {
		m.room += estimate.Allowance * scale * float64(t.Due-min(t.Bad, t.Due))
	}
}

// counted is the sum with the interval of its requests, and room.
func (m *summed) counted(level float64) (value, low, high float64) {
	low, high = estimate.WilsonAt(m.k, m.n, level)
	n, k := float64(m.n), float64(m.k)
	scale := 1.
	if m.k > 0 {
		scale = m.sum / k
	}
	low = m.sum - math.Hypot(scale*(k-low*n), m.room)
	high = m.sum + math.Hypot(scale*(high*n-k), m.room)
	return m.sum, max(0, low), high
}

// over divides: as independent estimates, or by what the bounds allow where one of them is 0.
func (m *summed) over(by *summed, level float64) result.Interval {
	y, yl, yh := m.counted(level)
	x, xl, xh := by.counted(level)
	if ratio, low, high, ok := estimate.Ratio(y, yl, yh, x, xl, xh); ok {
		return result.Interval{Ratio: ratio, Low: low, High: high}
	}
	i := result.Interval{Ratio: math.NaN(), Low: 0, High: math.Inf(1)}
	if x > 0 {
		i.Ratio = y / x
	}
	if xh > 0 {
		i.Low = yl / xh
	}
	if xl > 0 {
		i.High = yh / xl
	}
	return i
}
