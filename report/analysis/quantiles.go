package analysis

import (
	"cmp"
	"math"
	"slices"
	"time"

	"weir/report/result"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/report/analysis/estimate"
)

// quantiles reads a merged histogram of nanoseconds. What the sample is too small for is left out.
func quantiles(h *hdr.Histogram) result.Quantiles {
	n := uint64(h.TotalCount())
	return rankedQuantiles(n, func(rank uint64) time.Duration {
		return time.Duration(h.ValueAtPercentile(100 * float64(rank) / float64(n)))
	})
}

// A counter of a record's histogram is at most so wide: three significant digits, steps of 512 ns. A value
// that is read from it is its upper end.
const (
	counterWidth = 1e-3 // of the value
	counterLeast = 1e-6 // seconds
)

// rankedQuantiles are those of n values of which the one at a rank, counted from 1 upwards, is known. Each
// has the interval between two order statistics (estimate.QuantileRanks), which takes the requests for
// independent; where they queue behind each other they are not, and only a repeated trial shows how far a
// quantile really scatters (report/analysis/compare).
func rankedQuantiles(n uint64, at func(rank uint64) time.Duration) result.Quantiles {
	out := result.Quantiles{Count: n}
	for _, q := range []struct {
		q        float64
		value    **float64
		interval **result.Bounds
	}{
		{.5, &out.P50, &out.P50Interval}, {.9, &out.P90, &out.P90Interval},
		{.99, &out.P99, &out.P99Interval}, {.999, &out.P999, &out.P999Interval},
	} {
		*q.value, *q.interval = ranked(n, q.q, at)
	}
	if n > 0 {
		out.Max = inSeconds(at(n))
	}
	return out
}

// ranked is one quantile with its interval; nil where the values are too few.
func ranked(n uint64, q float64, at func(rank uint64) time.Duration) (*float64, *result.Bounds) {
	low, high := estimate.QuantileRanks(n, q)
	if low == 0 || high == 0 {
		return nil, nil
	}
	lowest := at(low).Seconds()
	return inSeconds(at(uint64(math.Floor(q*float64(n) + .5)))),
		&result.Bounds{Low: max(0, lowest*(1-counterWidth)-counterLeast), High: at(high).Seconds()}
}

// Merge adds histograms up. Percentiles of several trials are read from the sum, never averaged.
func Merge(all ...result.Latencies) result.Latencies {
	sum := slices.Concat(all...)
	slices.SortFunc(sum, func(a, b result.LatencyCount) int { return cmp.Compare(a.High, b.High) })
	out := sum[:0]
	for _, c := range sum {
		if k := len(out) - 1; k >= 0 && out[k].High == c.High {
			out[k].N += c.N
			continue
		}
		out = append(out, c)
	}
	return out
}

// QuantilesOf are the quantiles of all values.
func QuantilesOf(l result.Latencies) result.Quantiles { return rankedQuantiles(byRank(l)) }

// Percentile is any quantile of all values, with its interval; nil where they are too few.
func Percentile(l result.Latencies, q float64) (*float64, *result.Bounds) {
	n, at := byRank(l)
	return ranked(n, q, at)
}

// byRank is how many values there are, and the one at each rank.
func byRank(l result.Latencies) (n uint64, at func(rank uint64) time.Duration) {
	upTo := make([]uint64, len(l))
	for i, c := range l {
		n += c.N
		upTo[i] = n
	}
	return n, func(rank uint64) time.Duration {
		i, _ := slices.BinarySearch(upTo, rank)
		return l[min(i, len(l)-1)].High
	}
}

// latencies of one trial; none where there were too many to keep them.
func (r *run) latencies(t *trial) result.Latencies {
	if r.manyLatencies {
		return nil
	}
	out := make(result.Latencies, 0, len(t.latency))
	for _, c := range t.latency {
		out = append(out, result.LatencyCount{High: c.high, N: c.n})
	}
	slices.SortFunc(out, func(a, b result.LatencyCount) int { return cmp.Compare(a.High, b.High) })
	return out
}
