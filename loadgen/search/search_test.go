package search

import (
	"testing"
	"time"
)

func repeated(n int, d time.Duration, bad uint64) (trials []Trial) {
	for range n {
		trials = append(trials, Trial{Load: 1000, Duration: d, Due: 1000, Bad: bad})
	}
	return trials
}

// TestClassify has the goldens of ANALYSIS.md, which are RFC 9971's examples, and the edges around them.
func TestClassify(t *testing.T) {
	const s = time.Second
	majority := Goal{FinalDuration: s, DurationSum: 3 * s, LossRatio: 0.005, ExceedRatio: 0.5}
	long := Goal{FinalDuration: s, DurationSum: 120 * s, LossRatio: 0.005, ExceedRatio: 0.5}
	throughput := Goal{FinalDuration: 60 * s, DurationSum: 60 * s} // RFC 2544's
	for name, c := range map[string]struct {
		goal   Goal
		trials []Trial
		want   Class
	}{
		"59 good of 120 s":           {long, repeated(59, s, 0), Undecided},
		"60 good of 120 s":           {long, repeated(60, s, 0), Lower},
		"60 bad of 120 s":            {long, repeated(60, s, 6), Undecided},
		"61 bad of 120 s":            {long, repeated(61, s, 6), Upper},
		"one short loss":             {throughput, append(repeated(59, s, 0), repeated(1, s, 10)...), Upper},
		"short ones without loss":    {throughput, repeated(60, s, 0), Undecided},
		"one full trial":             {throughput, repeated(1, 60*s, 0), Lower},
		"nothing tried":              {majority, nil, Undecided},
		"one good of three":          {majority, repeated(1, s, 0), Undecided},
		"two good of three":          {majority, repeated(2, s, 5), Lower},
		"good, bad":                  {majority, append(repeated(1, s, 0), repeated(1, s, 6)...), Undecided},
		"good, bad, good":            {majority, append(repeated(2, s, 0), repeated(1, s, 6)...), Lower},
		"two bad":                    {majority, repeated(2, s, 6), Upper},
		"as many bad as good of six": {majority, append(repeated(3, s, 0), repeated(3, s, 6)...), Lower},
		"short losses made up for": {majority, append(repeated(4, s/2, 0), repeated(4, s/2, 6)...),
			Undecided},
		"nothing was due": {majority, []Trial{{Duration: s}, {Duration: s}}, Upper},
	} {
		if got := c.goal.Classify(c.trials); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestSpecNeedsTrialsThatShowOverload(t *testing.T) {
	// 8 workers × 20 ms behind a backlog of 16: 17 places ÷ (2 % of 400/s), and a quarter more, for a server
	// that does 320/s.
	if s := New(400, 17, 1, time.Second, 3*time.Minute); s.Trial != 2657*time.Millisecond ||
		s.Validate() != nil || len(s.Goals) != 2 {
		t.Errorf("%+v (%v)", s, s.Validate())
	}
	// a backlog that would need trials of 256 s: the budget decides, and then the caller's least
	if s := New(400, 2049, 1, time.Second, 3*time.Minute); s.Trial != 4*time.Second {
		t.Errorf("trials of %v, want 4s", s.Trial)
	}
	if s := New(400, 2049, 2, 5*time.Second, 3*time.Minute); s.Trial != 5*time.Second {
		t.Errorf("trials of %v, want 5s", s.Trial)
	}
	if s := New(400, 17, 1, time.Minute, time.Second); s.Validate() == nil {
		t.Error("a budget of one second was taken for trials of a minute")
	}
}
