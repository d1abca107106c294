package search_test

import (
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"weir/loadgen/plan"
	"weir/loadgen/search"
	"weir/report/capacity"
)

// server is a simulated one whose truth is known.
type server struct {
	workers int
	service time.Duration
	backlog int
}

func (s server) rate() float64 { return float64(s.workers) / s.service.Seconds() }

// trial offers a load for so long to the idle server, and counts what it lost.
func (s server) trial(t testing.TB, load float64, d time.Duration) search.Trial {
	t.Helper()
	p := plan.Plan{Stages: []plan.Stage{{From: load, To: load, Duration: d}}, Arrival: plan.Constant}
	sim, err := capacity.System{
		Servers: s.workers, Slots: s.backlog + 1, Patience: 900 * time.Millisecond,
		Service: func(int) time.Duration { return s.service },
	}.Run(due(p))
	if err != nil {
		t.Fatal(err)
	}
	out := search.Trial{Load: load, Duration: d, Due: uint64(len(sim.Outcomes))}
	for _, o := range sim.Outcomes {
		if !o.Connected {
			out.Bad++
		}
	}
	return out
}

func due(p plan.Plan) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for _, at := range p.Due() {
			if !yield(at) {
				return
			}
		}
	}
}

// truth is the load at which trials of this length begin to lose more than the ratio, found by bisection to
// 0.01 %: of the server and the trial's length, since a queue takes C requests more than its server can do.
func (s server) truth(t testing.TB, ratio float64, d time.Duration) float64 {
	low, high := s.rate()*0.5, s.rate()*3
	for high/low > 1.0001 {
		middle := (low + high) / 2
		if tr := s.trial(t, middle, d); float64(tr.Bad) > ratio*float64(tr.Due) {
			high = middle
		} else {
			low = middle
		}
	}
	return low
}

// find runs a whole search; a share of its trials is disturbed so that a server that has room loses a tenth.
func find(t testing.TB, s server, spec search.Spec, disturbed float64, rng *rand.Rand) (*search.State, int) {
	state, n := spec.Begin(), 0
	for load, ok := state.Next(); ok && n < 200; load, ok = state.Next() {
		tr := s.trial(t, load, spec.Trial)
		if rng.Float64() < disturbed {
			tr.Bad = max(tr.Bad, tr.Due/10)
		}
		state.Add(tr)
		n++
	}
	return state, n
}

var servers = []server{
	{4, 50 * time.Millisecond, 16}, {8, 20 * time.Millisecond, 16}, {1, 10 * time.Millisecond, 4},
	{16, 100 * time.Millisecond, 32}, {3, 30 * time.Millisecond, 8},
}

// TestSearchCoversTruth: from good and bad starts the bounds hold the truth of each goal, and are 2 % apart.
func TestSearchCoversTruth(t *testing.T) {
	most := 0
	for _, s := range servers {
		for _, start := range []float64{0.4, 0.95, 1.04, 2.2} {
			spec := search.New(start*s.rate(), s.backlog+1, 1, time.Second, 3*time.Minute)
			state, n := find(t, s, spec, 0, rand.New(rand.NewPCG(1, 2)))
			most = max(most, n)
			for _, g := range spec.Goals {
				b, truth := state.Goal(g), s.truth(t, g.LossRatio, spec.Trial)
				if b.State != search.Reached || b.Lower > truth*1.0005 || b.Upper < truth*0.9995 ||
					b.Lower < b.Upper*(1-spec.Width) {
					t.Errorf("%+v from %.2f × capacity, loss %g: [%.2f, %.2f] %s after %d trials, truth %.2f",
						s, start, g.LossRatio, b.Lower, b.Upper, b.State, n, truth)
				}
				// What lasts is the capacity; all places of the server, once in a trial, are what that may
				// flatter it by.
				flattery := float64(s.workers+s.backlog+1) / spec.Trial.Seconds()
				if most := (s.rate() + flattery) / (1 - g.LossRatio); b.Lower > most*(1+spec.Width) {
					t.Errorf("%+v: a load of %.1f was found to hold, no more than %.1f can", s, b.Lower, most)
				}
			}
		}
	}
	if most > 40 {
		t.Errorf("a search took %d trials: New reckons with 30", most)
	}
}

// TestLasting: what a search says of its lower bound lasts on that server, however deep the queue, however
// far off the start, and with or without a deadline; and a search that cannot tell 2 % knows it.
func TestLasting(t *testing.T) {
	// Gunicorn's default: a search of 11 minutes has trials of 15 s instead of 256
	deep := server{8, 20 * time.Millisecond, 2048}
	for _, s := range append([]server{deep}, servers...) {
		for _, start := range []float64{0.4, 1, 1.04, 2.2} {
			spec := search.New(start*s.rate(), s.backlog+1, 1, time.Second, 11*time.Minute)
			state, _ := find(t, s, spec, 0, rand.New(rand.NewPCG(1, 2)))
			for _, g := range spec.Goals {
				b := state.Goal(g)
				lasting, known := spec.Lasting(g, b.Lower, s.backlog+1, 0)
				if !known || lasting > s.rate()/(1-g.LossRatio)*1.001 {
					t.Errorf("%+v from %.2f × capacity: %.2f req/s are to last (%v), %.1f do", s, start,
						lasting, known, s.rate())
				}
				if told := spec.Telling(b, lasting); told != (s != deep && start < 2) {
					t.Errorf("%+v from %.2f × capacity in trials of %v: telling %v, [%.2f, %.2f, %.2f]", s,
						start, spec.Trial, told, lasting, b.Lower, b.Upper)
				}
			}
		}
	}
	spec := search.New(400, 2049, 1, time.Second, 3*time.Minute)
	// 490 × 4 ÷ 4.95
	if rate, known := spec.Lasting(spec.Goals[0], 490, 2049, 950*time.Millisecond); !known || rate < 395 ||
		rate > 397 {
		t.Errorf("%v, %v: what waits longer than the deadline is bad", rate, known)
	}
	if rate, known := spec.Lasting(spec.Goals[0], 490, 0, 0); known || rate != 0 {
		t.Errorf("%v, %v of an unknown queue", rate, known)
	}
	if need := spec.Enough(400, 2049, 950*time.Millisecond); need < 46*time.Second || need > 47*time.Second {
		t.Errorf("%v", need)
	}
}

// TestSearchBearsDisturbedTrials: when one trial in 20 loses what the server would not have lost, nine of ten
// searches still hold the truth.
func TestSearchBearsDisturbedTrials(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const runs = 60
	covered := 0
	for i := range runs {
		s := servers[i%len(servers)]
		spec := search.New(s.rate()*(0.8+0.4*rng.Float64()), s.backlog+1, 1, time.Second, 3*time.Minute)
		state, _ := find(t, s, spec, 0.05, rng)
		b, truth := state.Goal(spec.Goals[0]), s.truth(t, 0, spec.Trial)
		if b.State == search.Reached && b.Lower <= truth*1.0005 && b.Upper >= truth*0.9995 {
			covered++
		}
	}
	t.Logf("%d of %d searches hold the truth", covered, runs)
	if covered < runs*9/10 {
		t.Errorf("%d of %d searches hold the truth, want 9 of 10", covered, runs)
	}
}

// TestSearchEndsWhereGeneratorDoes: a load that cannot be offered is neither lost nor tried for ever.
func TestSearchEndsWhereGeneratorDoes(t *testing.T) {
	s := servers[1]
	spec := search.New(100, s.backlog+1, 1, time.Second, 3*time.Minute)
	state, n := spec.Begin(), 0
	for load, ok := state.Next(); ok; load, ok = state.Next() {
		if n++; n > 50 {
			t.Fatal("the search does not end")
		}
		if load > 200 {
			state.Spoil(load)
			continue
		}
		state.Add(s.trial(t, load, spec.Trial))
	}
	for _, g := range spec.Goals {
		if b := state.Goal(g); b.State != search.Saturated || b.Upper != 0 || b.Lower < 150 || b.Lower > 200 {
			t.Errorf("%+v, want a lower bound below 200 and no upper one", b)
		}
	}
	// A server that holds whatever is offered, and one that holds nothing.
	spec.Max = 200
	for _, c := range []struct {
		bad  uint64
		want string
	}{{0, search.NoUpper}, {50, search.NoLower}} {
		state := spec.Begin()
		for load, ok := state.Next(); ok; load, ok = state.Next() {
			state.Add(search.Trial{Load: load, Duration: spec.Trial, Due: 100, Bad: c.bad})
		}
		if b := state.Goal(spec.Goals[0]); b.State != c.want {
			t.Errorf("%+v, want %s", b, c.want)
		}
	}
}
