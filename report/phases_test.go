package report

import (
	"testing"

	"weir/report/result"
)

func TestWhereTime(t *testing.T) {
	at := func(s float64) *float64 { return &s }
	p := &result.Phases{
		Count: 100, Opened: 10, MeanConnect: .010, MeanWait: .030, MeanRest: .010,
		Connect: result.Quantiles{Count: 10, P50: at(.001), Max: at(1.001)},
	}
	const parts = "of 50.0 ms on average: connecting 10.0 ms (20 %), until the first byte 30.0 ms (60 %), the rest of the response 10.0 ms (20 %)"
	for want, l := range map[string]result.Lane{
		"": {},
		parts + ". Connecting took 1.00 ms at the median, 1.00 s at most: 1 that lost 1 SYN took 1.00 s on average": {
			Phases: p, SYNRetrans: 1, LostSYNs: []result.LostSYNs{{Lost: 1, Count: 1, Connect: 1.001}}},
		parts + ". Connecting took 1.00 ms at the median, 1.00 s at most; no connection that came about had lost a SYN": {Phases: p},
		"of 50.0 ms on average: connecting 0 s (0 %), until the first byte 40.0 ms (80 %), the rest of the response 10.0 ms (20 %)": {
			Phases: &result.Phases{Count: 9, MeanWait: .040, MeanRest: .010}},
	} {
		if got := whereTime(&l); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
