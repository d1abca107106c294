package scenarios

import (
	"testing"
	"time"

	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/report/runfile"
)

// Two workers of 20 ms do 100 req/s: trials of 2 s at up to 160 offer 120 more than that, which a queue of 17
// places does not hold, and one of 2049 does.
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
		slots    int
		length   time.Duration
		overflow any    // how many trials will overflow
		need     string // the advised length of trials; "": no warning
	}{
		{17, 2 * time.Second, nil, ""},
		{0, 2 * time.Second, nil, ""},
		{110, 2 * time.Second, 1, "4s"},
		{2049, 2 * time.Second, nil, "1m9s"},
		{2049, 69 * time.Second, nil, ""},
	} {
		got := stepped(c.slots, c.length).DoubtTrials()
		if (len(got) == 1) != (c.need != "") || len(got) == 1 && (got[0].Code != "plan_cannot_overflow" ||
			got[0].Lane != "direct" ||
			got[0].Args["need"] != c.need || got[0].Args["overflow"] != c.overflow) {
			t.Errorf("%d slots and trials of %v: got %v, want %v will overflow, and %q", c.slots, c.length,
				got, c.overflow, c.need)
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
	got := searched(17, 2*time.Second, 40*time.Second).DoubtTrials()
	if len(got) != 1 || got[0].Code != "search_cannot_conclude" || got[0].Args["need"] != "8.6s" ||
		got[0].Args["budget"] != "6m27s" {
		t.Errorf("got %v, want trials of 8.6s and a budget of 6m27s", got)
	}
	if got := searched(17, 8600*time.Millisecond, 387*time.Second).DoubtTrials(); len(got) > 0 {
		t.Errorf("as advised: got %q", got)
	}
}
