package compare

import (
	"strings"
	"testing"

	"weir/report/result"
	"weir/report/words"
)

// offered is a lane that was offered these trials.
func offered(trials ...result.Trial) *result.Lane {
	for i := range trials {
		trials[i].Start, trials[i].Complete = float64(10*i), true
	}
	return &result.Lane{Trials: trials}
}

// flat and ramp are trials of 8 s.
func flat(rate float64, arrival string) result.Trial {
	return result.Trial{Rate: rate, Duration: 8, Arrival: arrival,
		Stages: []result.Stage{{From: rate, To: rate, Duration: 8}}}
}

func ramp(from, to float64) result.Trial {
	return result.Trial{Duration: 8, Arrival: "constant",
		Stages: []result.Stage{{From: from, To: to, Duration: 8}}}
}

// TestPlansThatDiffer: a ramp is no trial at its mean rate, random arrivals are not even ones, and neither is
// compared with the other as an equal load; two of the same are.
func TestPlansThatDiffer(t *testing.T) {
	for name, c := range map[string]struct {
		a, b  result.Trial
		pairs int
		says  string // of the plan; "": it is the same
	}{
		"the same rate": {flat(50, "constant"), flat(50.2, "constant"), 1, ""},
		"the same ramp": {ramp(20, 80), ramp(20, 80), 1, ""},
		"a ramp and its mean": {ramp(20, 80), flat(50, "constant"), 0,
			"from 50 to 50 req/s, 50.00 req/s on average, the first from 20 to 80 req/s in 8 s, constant arrivals"},
		"another way up":        {ramp(20, 80), ramp(40, 60), 0, "from 40 to 60 req/s"},
		"upwards and downwards": {ramp(20, 80), ramp(80, 20), 0, "from 80 to 20 req/s"},
		"even and random":       {flat(50, "constant"), flat(50, "poisson"), 0, "poisson arrivals"},
		"random and random":     {flat(50, "poisson"), flat(50, "poisson"), 1, ""},
	} {
		a, b := offered(c.a), offered(c.b)
		if got := pairTrials(a.Trials, b.Trials); len(got) != c.pairs {
			t.Errorf("%s: %d pairs, want %d", name, len(got), c.pairs)
		}
		said := ""
		for _, m := range Loads(a, b) {
			said += string(m.Code) + ": " + words.Of(m.warning().Text)
		}
		if differs := c.pairs == 0; strings.Contains(said, "plan: ") != differs ||
			!strings.Contains(said, c.says) {
			t.Errorf("%s: %q, want %q", name, said, c.says)
		}
	}
}
