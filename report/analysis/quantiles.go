package analysis

import (
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/report/analysis/estimate"
)

// quantiles reads a merged histogram of nanoseconds. What the sample is too small for is left out.
func quantiles(h *hdr.Histogram) Quantiles {
	n := uint64(h.TotalCount())
	at := func(q float64) *float64 {
		if !estimate.Supported(n, q) {
			return nil
		}
		return inSeconds(time.Duration(h.ValueAtPercentile(100 * q)))
	}
	out := Quantiles{P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Count: n}
	if n > 0 {
		out.Max = inSeconds(time.Duration(h.Max()))
	}
	return out
}
