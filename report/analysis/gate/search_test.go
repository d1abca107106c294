package gate

import (
	"strings"
	"testing"
	"time"

	"weir/report/result"
)

// searchRun is one that found these bounds for its strictest goal; the tolerant one's are 10 req/s higher.
func searchRun(low, high *float64, reason result.Finding) *result.Analysis {
	a := shareRun(0, 1000)
	goals := []result.SearchGoal{{Lower: low, Upper: high, Regular: reason.IsZero(), Reason: reason}, {LossRatio: .005, Regular: true}}
	if low != nil && high != nil {
		goals[1].Lower, goals[1].Upper, goals[1].Lasting = ptr(*low+10), ptr(*high+10), ptr(*low+9)
	}
	if low != nil {
		goals[0].Lasting = ptr(*low - 1)
	}
	a.Lanes[0].Search = &result.Search{Goals: goals}
	return a
}

// TestSearch: what held passes, what did not fails, and what lies between them, or was not found, is inconclusive.
func TestSearch(t *testing.T) {
	found, half := searchRun(ptr(98.), ptr(100.), result.Finding{}), searchRun(ptr(98.), nil, result.Finding{Code: "search_budget", Args: result.Args{"budget": 3 * time.Minute}})
	for _, c := range []struct {
		run  *result.Analysis
		expr string
		want Verdict
		says string
	}{
		{found, "search.rate >= 97/s", Pass, "98.0 req/s [97.0, 100]"},
		{found, "search.rate >= 98/s", Inconclusive, "98.0 req/s [97.0, 100]"}, // it held for a trial, with the help of the queue
		{found, "search.rate > 100/s", Fail, "98.0 req/s [97.0, 100]"},
		{found, "search.rate / capacity.computed in 0.9..1.1", Pass, "0.980 [0.970, 1.000]"},
		{found, "search.rate / baseline.search.rate >= 0.95", Pass, "1.000 [0.970, 1.031]"},
		{found, "search.rate / baseline.search.rate >= 1", Inconclusive, "1.000 [0.970, 1.031]"},
		{found, "search.lower.rate >= 97", Pass, "98.0 req/s [97.0, 98.0]"},
		{found, "search.lower.rate >= 98", Inconclusive, "98.0 req/s [97.0, 98.0]"},
		{found, "search.upper.rate <= 99", Fail, "100 req/s"},
		{found, "search.tolerant.rate >= 107", Pass, "108 req/s [107, 110]"},
		{found, "search.tolerant.upper.rate == 110", Pass, "110 req/s"},
		{half, "search.rate >= 97", Pass, "98.0 req/s [97.0, ∞]"}, // it held, however far the search came
		{half, "search.rate >= 99", Inconclusive, "budget of 180 s was spent"},
		{half, "search.upper.rate >= 99", Inconclusive, "The budget"},
		{searchRun(nil, ptr(50.), result.Finding{Code: "search_no_lower"}), "search.rate >= 60", Fail, "0 req/s to 50.0 req/s"},
		{searchRun(nil, nil, result.Finding{Code: "search_ended"}), "search.rate >= 60", Inconclusive, "The run ended before"},
		{shareRun(0, 1000), "search.rate >= 60", Inconclusive, "the run was no search"},
	} {
		c.run.Capacity.Computed = ptr(100.)
		if r := only(t, c.expr, c.run, found); r.Result != c.want || !strings.Contains(r.Measured+"; "+reason(r), c.says) {
			t.Errorf("%s: %s, %s; %s; want %s, %q", c.expr, r.Result, r.Measured, reason(r), c.want, c.says)
		}
	}
}
