package world

import (
	"bytes"
	"maps"
	"math"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// seen is what a record says of a run.
type seen struct {
	trials    map[int]*runfile.Trial
	outcomes  map[int]map[loadgen.Outcome]uint64 // by trial
	done      map[int]map[time.Duration]uint64   // good answers by trial and when they were known
	overflows uint64
	drops     uint32
	deepest   uint32
	stamped   runfile.Service
	failures  []*runfile.Failure
	footer    *runfile.Footer
}

func read(t testing.TB, w World) *seen {
	t.Helper()
	record, err := w.Record()
	if err != nil {
		t.Fatal(err)
	}
	s := &seen{trials: map[int]*runfile.Trial{},
		outcomes: map[int]map[loadgen.Outcome]uint64{}, done: map[int]map[time.Duration]uint64{}}
	r := runfile.NewReader(bytes.NewReader(record), "run.ndjson")
	for r.Scan() {
		s.add(r.Record())
	}
	if r.Err() != nil || len(r.Warnings()) > 0 {
		t.Fatal(r.Err(), r.Warnings())
	}
	return s
}

func (s *seen) add(rec runfile.Record) {
	switch rec := rec.(type) {
	case *runfile.Trial:
		s.trials[rec.Index] = rec
		s.outcomes[rec.Index], s.done[rec.Index] = map[loadgen.Outcome]uint64{}, map[time.Duration]uint64{}
	case *runfile.Bin:
		for o, n := range rec.Due {
			s.outcomes[rec.Trial][o] += n
		}
		s.done[rec.Trial][rec.At] += rec.Done[loadgen.OK]
	case *runfile.Failure:
		s.failures = append(s.failures, rec)
	case *runfile.Sample:
		s.overflows, s.drops = rec.Counters["TcpExtListenOverflows"]-7, *rec.Listeners[0].Drops
		s.deepest = max(s.deepest, rec.Listeners[0].Depth)
	case *runfile.Footer:
		s.footer = rec
	case *runfile.Service:
		s.stamped.Count += rec.Count
		s.stamped.Sum += rec.Sum
	}
}

// failed counts the requests of a trial that had no good answer.
func (s *seen) failed(trial int) (n uint64) {
	for o, k := range s.outcomes[trial] {
		if o != loadgen.OK {
			n += k
		}
	}
	return n
}

// completions are the good answers a second of a trial, by when they were known, after its first third
// while load lasted.
func (s *seen) completions(trial int) float64 {
	tr := s.trials[trial]
	from := (tr.Start + tr.Plan.Duration()/3).Truncate(runfile.BinWidth) + runfile.BinWidth
	to := (tr.Start + tr.Plan.Duration()).Truncate(runfile.BinWidth)
	var n uint64
	for at, k := range s.done[trial] {
		if at >= from && at < to {
			n += k
		}
	}
	return float64(n) / (to - from).Seconds()
}

// overloaded offers 1.5 times what the server can do, for long enough that single requests do not matter.
func overloaded(s Server) World {
	w := Demo()
	w.Server, w.Rates, w.Length, w.Timeout = s, []float64{1.5 * s.Capacity()}, 30*time.Second, time.Minute
	return w
}

// TestCompletionsAreCapacity: wherever a server's limit is, μ good answers a second come of it when more is
// offered.
func TestCompletionsAreCapacity(t *testing.T) {
	five, ten, twenty := Constant(5*ms), Constant(10*ms), Constant(20*ms)
	for name, c := range map[string]struct {
		server Server
		mu     float64 // by hand
		within float64
	}{
		"kernel queue":          {Server{Workers: 8, Service: twenty, Backlog: 16}, 400, .001},
		"deep kernel queue":     {Server{Workers: 8, Service: twenty, Backlog: 2048}, 400, .001},
		"exponential":           {Server{Workers: 8, Service: Exponential(4 * ms), Backlog: 64}, 2000, .01},
		"bimodal":               {Server{Workers: 32, Service: Mixed(), Backlog: 64}, 32 / .0245, .02},
		"event loop":            {Server{Workers: 1, Service: five, Ahead: Unbounded}, 200, .001},
		"thread pool":           {Server{Workers: 4, Service: ten, Backlog: 16, Ahead: 100}, 400, .001},
		"rate limiter":          {Server{Workers: 8, Service: five, Backlog: 16, MostRate: 300}, 300, .001},
		"cap below the workers": {Server{Workers: 8, Service: twenty, MostInside: 4}, 200, .001},
		"cap above the workers": {Server{Workers: 8, Service: twenty, MostInside: 40}, 400, .001},
		"lock":                  {Server{Workers: 8, Service: ten, Backlog: 16, Sigma: 1}, 100, .001},
		"contention":            {Server{Workers: 8, Service: ten, Sigma: .05, Kappa: .01}, 800 / 1.91, .001},
		"failing":               {Server{Workers: 8, Service: five, Backlog: 16, Failing: .25}, 1200, .01},
	} {
		good := c.mu
		if c.server.Failing == 0 && math.Abs(c.server.Capacity()/c.mu-1) > 1e-4 {
			t.Errorf("%s: capacity %g, want %g", name, c.server.Capacity(), c.mu)
		}
		if got := read(t, overloaded(c.server)).completions(0); math.Abs(got/good-1) > c.within {
			t.Errorf("%s: %.1f good answers a second, want %.1f", name, got, good)
		}
	}
}

// TestKernelQueueInLossMode: an overflow is a drop and a failure, one more than the backlog waits, and
// nothing is lost below capacity.
func TestKernelQueueInLossMode(t *testing.T) {
	w := Demo()
	s := read(t, w)
	var failures uint64
	for i := range w.Rates {
		n := s.failed(i)
		if n != s.outcomes[i][loadgen.ConnectTimeout] || (n > 0) != (w.Rates[i] > 408.5) {
			t.Errorf("at %.1f req/s: %v", w.Rates[i], s.outcomes[i])
		}
		failures += n
	}
	if s.overflows != failures || uint64(s.drops) != failures || failures == 0 || s.deepest != 17 {
		t.Errorf("%d overflows, %d drops, %d failures, Recv-Q %d", s.overflows, s.drops, failures, s.deepest)
	}
	if mean := s.stamped.Sum / time.Duration(max(1, s.stamped.Count)); mean != 20*ms {
		t.Errorf("%d stamps of %v on average", s.stamped.Count, mean)
	}
}

// TestInnerQueue: nothing fails until requests have waited for as long as their clients do, and then all
// do. The kernel sees nothing.
func TestInnerQueue(t *testing.T) {
	w := overloaded(Server{Workers: 1, Service: Constant(5 * ms), Backlog: 511, Ahead: Unbounded})
	w.Timeout, w.Deadline = 2*time.Second, 0
	var first, lastGood time.Duration
	w.Result = func(_ string, r *loadgen.Result) {
		switch {
		case r.Outcome == loadgen.OK:
			lastGood = max(lastGood, r.Due)
		case first == 0 || r.Due < first:
			first = r.Due
		}
		if r.Outcome == loadgen.ResponseTimeout && r.Done-r.Sent != w.Timeout {
			t.Fatalf("%+v", r)
		}
	}
	s := read(t, w)
	begin := s.trials[0].Start
	// The queue grows by 100/s, and takes 200/s: after t it is t/2 long.
	if after := first - begin; after < 3900*ms || after > 4100*ms || lastGood > first+50*ms {
		t.Errorf("the first failure was due after %v, the last good answer after %v", after, lastGood-begin)
	}
	if s.deepest > 0 || s.overflows > 0 || s.failed(0) != s.outcomes[0][loadgen.ResponseTimeout] {
		t.Errorf("Recv-Q %d, %d overflows, %v", s.deepest, s.overflows, s.outcomes[0])
	}
}

// TestThreadPoolFillsInsideFirst: its own queue, then the kernel's, then failures.
func TestThreadPoolFillsInsideFirst(t *testing.T) {
	w := overloaded(Server{Workers: 4, Service: Constant(10 * ms), Backlog: 16, Ahead: 100})
	s := read(t, w)
	offered, served := 600*30., 400*30.
	left := offered - served - float64(s.failed(0))
	if s.deepest != 17 || math.Abs(left-117-4) > 5 || s.overflows != s.failed(0) {
		t.Errorf("Recv-Q at most %d, %d overflows, %d failures", s.deepest, s.overflows, s.failed(0))
	}
}

// TestRefusal: what is too much is refused at once, with nothing to fill before, and the kernel sees nothing.
func TestRefusal(t *testing.T) {
	for outcome, server := range map[loadgen.Outcome]Server{
		loadgen.HTTP4xx: {Workers: 8, Service: Constant(5 * ms), Backlog: 16, MostRate: 300},
		loadgen.HTTP503: {Workers: 8, Service: Constant(20 * ms), MostInside: 6},
	} {
		s := read(t, overloaded(server))
		n, refused := s.trials[0].Due, s.failed(0)
		if refused != s.outcomes[0][outcome] || math.Abs(float64(refused)/float64(n)-1./3) > .002 {
			t.Errorf("%s: %d of %d were refused, want a third: %v", outcome, refused, n, s.outcomes[0])
		}
		if s.deepest > 0 || s.overflows > 0 {
			t.Errorf("%s: Recv-Q %d, %d overflows", outcome, s.deepest, s.overflows)
		}
		for _, f := range s.failures {
			if took := f.Result.Done - f.Result.Sent; took > ms {
				t.Fatalf("%s: a refusal took %v", outcome, took)
			}
		}
	}
}

// TestConstantShare: at every rate.
func TestConstantShare(t *testing.T) {
	w := Demo()
	w.Failing, w.Rates, w.Length = .1, []float64{50, 200, 390}, 30*time.Second
	s := read(t, w)
	for i := range w.Rates {
		n, failed := float64(s.trials[i].Due), s.failed(i)
		share := float64(failed) / n
		if math.Abs(share-.1) > 4*math.Sqrt(.09/n) || failed != s.outcomes[i][loadgen.HTTP500] {
			t.Errorf("%.1f %% of %.0f failed: %v", 100*share, n, s.outcomes[i])
		}
	}
}

// TestContentionCollapses: overload serves less than the best load.
func TestContentionCollapses(t *testing.T) {
	server := Server{Workers: 16, Service: Constant(10 * ms), Backlog: 64, Kappa: .02}
	if peak := server.Peak(); peak < 1.3*server.Capacity() || math.Abs(peak-100*7/(1+.02*7*6)) > .01 {
		t.Errorf("at most %.1f, in overload %.1f", peak, server.Capacity())
	}
}

// TestRetrial: SYNs are sent again, so that overflows are more than failures, and clients see how many were
// lost.
func TestRetrial(t *testing.T) {
	w := overloaded(Server{Workers: 8, Service: Constant(20 * ms), Backlog: 16})
	w.Mode, w.ConnectTimeout = runfile.Retrial, 3500*ms
	var syns uint64
	w.Result = func(_ string, r *loadgen.Result) {
		syns += uint64(r.SYNRetrans)
		if r.Outcome == loadgen.ConnectTimeout {
			syns++
		}
	}
	s := read(t, w)
	if n := s.failed(0); s.overflows != syns || s.overflows < 4*n || n == 0 {
		t.Errorf("%d overflows, %d lost SYNs, %d failures", s.overflows, syns, n)
	}
}

// TestNoise: a server is as much slower as it should be, in each trial by chance.
func TestNoise(t *testing.T) {
	w := Demo()
	w.Noise.Trial, w.Rates, w.Length = .1, make([]float64, 60), 2*time.Second
	for i := range w.Rates {
		w.Rates[i] = 700
	}
	s := read(t, w)
	var sum, squares float64
	for i := range w.Rates {
		x := s.completions(i) / 400
		sum, squares = sum+x, squares+x*x
	}
	n := float64(len(w.Rates))
	if mean, sd := sum/n, math.Sqrt(squares/n-sum*sum/n/n); math.Abs(mean-1) > .05 || sd < .07 || sd > .14 {
		t.Errorf("%.3f ± %.3f of what it should do", mean, sd)
	}
}

// TestSameAgain: the same world gives the same requests, another seed others.
func TestSameAgain(t *testing.T) {
	took := func(seed uint64) (sum time.Duration) {
		w := Demo()
		w.Rates, w.Arrival, w.Seed = w.Rates[8:10], plan.Poisson, seed
		w.Service, w.Failing = Exponential(20*ms), .01
		w.Result = func(_ string, r *loadgen.Result) { sum += time.Duration(r.Seq+1) * (r.Done - r.Due) }
		read(t, w)
		return sum
	}
	if first, again := took(1), took(1); first != again || first == took(2) {
		t.Error("a world depends on more than its seed, or not on that")
	}
}

// TestAbort: what is on its way when the run ends is canceled, what is not due is never sent, and nothing
// overflows after it.
func TestAbort(t *testing.T) {
	w := overloaded(Server{Workers: 8, Service: Constant(20 * ms), Backlog: 16})
	var end time.Duration
	w.Abort = func(at time.Duration) string {
		if end = at; at < 5*time.Second {
			return ""
		}
		return runfile.Aborted + ": enough"
	}
	s := read(t, w)
	start := s.trials[0].Start
	var sent uint64
	for _, n := range s.outcomes[0] {
		sent += n
	}
	// 8 in service and 17 in the queue; 200 more a second find none, and wait for 0.9 s to be sure of that.
	if n := s.outcomes[0][loadgen.Canceled]; n < 8+17+175 || n > 8+17+185 {
		t.Errorf("%d were canceled: %v", n, s.outcomes[0])
	}
	if want := uint64(math.Ceil(600 * (end - start).Seconds())); sent < want-1 || sent > want+1 {
		t.Errorf("%d requests in %v, want %d", sent, end-start, want)
	}
	lost := s.outcomes[0][loadgen.ConnectTimeout] + s.outcomes[0][loadgen.Canceled] - 25
	if s.overflows > lost+2 || s.overflows < lost-2 {
		t.Errorf("%d overflows, of %d that found no place", s.overflows, lost)
	}
	if s.footer.Reason != "aborted: enough" || s.footer.Counts["trial"] != 1 {
		t.Errorf("%+v", s.footer)
	}
}

// between counts how often each trial's results are asked for, and what they show.
type between struct {
	Recorder
	asked   map[int]int
	results uint64
}

func (b *between) Results(trial int) *count.Counter {
	b.asked[trial]++
	c := b.Recorder.Results(trial)
	c.Watch(func(r *count.Reading) {
		for _, bin := range r.Bins {
			for _, n := range bin.Done() {
				b.results += n
			}
		}
	})
	return c
}

// TestThrough: a recorder in between sees each result once, the few requests of an observation among them.
func TestThrough(t *testing.T) {
	w := Demo()
	w.Rates, w.After = []float64{300, 500}, 2*time.Second
	var told uint64
	w.Result = func(string, *loadgen.Result) { told++ }
	b := between{asked: map[int]int{}}
	if _, err := w.Through(func(rec *runfile.Recorder) Recorder { b.Recorder = rec; return &b }); err != nil {
		t.Fatal(err)
	}
	if want := (map[int]int{0: 1, 1: 1, 2: 1, 3: 1}); !maps.Equal(b.asked, want) || b.results != told ||
		told == 0 {
		t.Errorf("results of trials were asked for %v times; %d of %d were seen", b.asked, b.results, told)
	}
}

// TestNGINX: its logs have every request, in its own words.
func TestNGINX(t *testing.T) {
	w := Demo()
	w.Lanes, w.Rates, w.NGINX = []string{"direct", Proxy}, []float64{300, 600}, true
	var through, failed uint64
	w.Result = func(lane string, r *loadgen.Result) {
		if lane != Proxy {
			return
		}
		through++
		if r.Outcome == loadgen.HTTP504 {
			failed++
		} else if r.Outcome != loadgen.OK {
			t.Fatalf("%+v", r)
		}
		q := asked(*r)
		line := []byte(accessLine(*r, q))
		if got, ok := nginxlog.ParseRequest(line); !ok || got.Class() != q.Class() || *got.Took != *q.Took {
			t.Fatalf("%s is read as %+v, want %+v", line, got, q)
		}
	}
	record, err := w.Record()
	if err != nil {
		t.Fatal(err)
	}
	var requests, unconnected, timeouts uint64
	r := runfile.NewReader(bytes.NewReader(record), "run.ndjson")
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *runfile.Access:
			requests, unconnected = requests+rec.Requests, unconnected+rec.Unconnected
		case *runfile.Event:
			if rec.Class == nginxlog.ConnectTimeout {
				timeouts += rec.Count
			}
		}
	}
	if r.Err() != nil || requests != through || unconnected != failed || timeouts != failed || failed == 0 {
		t.Errorf("%d of %d requests in the log, %d without a connection, %d timeouts, %d failed",
			requests, through, unconnected, timeouts, failed)
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		if _, err := Demo().Record(); err != nil {
			b.Fatal(err)
		}
	}
}
