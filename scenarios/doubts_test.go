package scenarios

import (
	"strings"
	"testing"
	"time"

	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/report/runfile"
)

// Two workers of 20 ms do 100 req/s: trials of 2 s at up to 160 offer 120 more than that, which a queue of 17 places does
// not hold, and one of 2049 does.
func TestDoubtTrials(t *testing.T) {
	stepped := func(slots int, length time.Duration) *Setup {
		s := &Setup{Capacity: runfile.Capacity{Workers: 2, ServiceTime: 20 * time.Millisecond}, slots: slots}
		s.Lanes = []Lane{{Name: "direct", Deadline: usefulWithin}}
		var err error
		if s.Trials, err = trials(s.Lanes, plan.Steps(60, 160, 15, length, plan.Constant, 1)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		slots  int
		length time.Duration
		says   string // empty: nothing
	}{
		{17, 2 * time.Second, ""},
		{0, 2 * time.Second, ""},
		{110, 2 * time.Second, "only 1 of its trials will overflow a queue of 110 places"},
		{2049, 2 * time.Second, "none of its trials will overflow a queue of 2049 places"},
		{2049, 2 * time.Second, "--trial-duration 1m9s"},
		{2049, 69 * time.Second, ""},
	} {
		got := strings.Join(stepped(c.slots, c.length).DoubtTrials(), "\n")
		if c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%d places and trials of %v: got %q, want %q", c.slots, c.length, got, c.says)
		}
	}
	one := stepped(2049, 2*time.Second)
	one.Trials = one.Trials[:1] // a run at one rate looks for no onset
	if got := one.DoubtTrials(); len(got) > 0 {
		t.Errorf("one rate: got %q", got)
	}
}

// The advised length and budget are free of the doubt that advised them.
func TestDoubtSearch(t *testing.T) {
	searched := func(slots int, shortest, budget time.Duration) *Setup {
		s := &Setup{slots: slots}
		s.Search = &Search{Spec: search.New(100, slots, 1, shortest, budget)}
		s.Lanes = []Lane{{Name: "direct"}}
		return s
	}
	if got := searched(17, 2*time.Second, 10*time.Minute).DoubtTrials(); len(got) > 0 {
		t.Errorf("long enough trials: got %q", got)
	}
	got := strings.Join(searched(17, 2*time.Second, 40*time.Second).DoubtTrials(), "\n")
	if want := "--trial-duration 8.6s with --budget 6m27s"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
	if got := searched(17, 8600*time.Millisecond, 387*time.Second).DoubtTrials(); len(got) > 0 {
		t.Errorf("as advised: got %q", got)
	}
}
