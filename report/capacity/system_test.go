package capacity

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Small random systems keep the laws that every one must keep.
func TestSystemInvariants(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := r.IntN(200)
		took := make([]time.Duration, n)
		at := make([]time.Duration, n)
		for i := range took {
			took[i] = time.Duration(1+r.IntN(100)) * ms // whole milliseconds: many ties
			at[i] = time.Duration(r.IntN(2000)) * ms
		}
		slices.Sort(at)
		s := System{Servers: 1 + r.IntN(4), Slots: r.IntN(6),
			Service: func(i int) time.Duration { return took[i] }}
		if r.IntN(2) == 0 {
			s.Retry = []time.Duration{50 * ms, 80 * ms, 300 * ms}
		}
		s.Patience = time.Duration(r.IntN(3)) * 100 * ms
		s.Deadline = time.Duration(r.IntN(3)) * 100 * ms
		res := simulate(t, s, slices.Values(at))
		checkLaws(t, s, at, res)
		if again := simulate(t, s, slices.Values(at)); !reflect.DeepEqual(res, again) {
			t.Fatalf("seed %d: two runs differ", seed)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, s)
		}
	}
}

func checkLaws(t *testing.T, s System, at []time.Duration, r Result) {
	syns, connected := 0, []Outcome{}
	for i, o := range r.Outcomes {
		syns += o.SYNs
		if o.Arrival != at[i] || o.SYNs < 1 || o.SYNs > 1+len(s.Retry) || o.Done < o.Arrival {
			t.Errorf("request %d: %+v", i, o)
		}
		if o.Served && (!o.Connected || s.Deadline > 0 && o.Done-o.Arrival > s.Deadline) {
			t.Errorf("request %d is called served: %+v", i, o)
		}
		if !o.Connected {
			continue
		}
		connected = append(connected, o)
		if o.Queued < o.Arrival || o.Start < o.Queued || s.Patience > 0 && o.Queued-o.Arrival >= s.Patience {
			t.Errorf("request %d: times out of order or out of patience: %+v", i, o)
		}
	}
	if syns != len(connected)+len(r.Overflows) {
		t.Errorf("%d SYNs, %d connections, %d overflows", syns, len(connected), len(r.Overflows))
	}
	if !slices.IsSorted(r.Overflows) || r.MaxDepth > s.Slots || len(r.Outcomes) != len(at) {
		t.Errorf("overflows unsorted, depth %d of %d, or %d outcomes of %d", r.MaxDepth, s.Slots,
			len(r.Outcomes), len(at))
	}
	// First come, first served; and never more in service than there are servers.
	slices.SortFunc(connected, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Queued, b.Queued))
	})
	if !slices.IsSortedFunc(connected, func(a, b Outcome) int { return cmp.Compare(a.Queued, b.Queued) }) {
		t.Error("not served in the order of the queue")
	}
	for i, o := range connected {
		if i >= s.Servers && len(busyAt(connected[:i], o.Start)) >= s.Servers {
			t.Errorf("more than %d in service at %v", s.Servers, o.Start)
		}
	}
}

func busyAt(started []Outcome, at time.Duration) (busy []Outcome) {
	for _, o := range started {
		if o.Done > at {
			busy = append(busy, o)
		}
	}
	return busy
}

// One server without a bound on its queue waits as Lindley's recursion says.
func TestSystemAgainstLindley(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	took := make([]time.Duration, 1000)
	for i := range took {
		took[i] = time.Duration(r.ExpFloat64() * float64(9*ms))
	}
	s := System{Servers: 1, Slots: len(took), Service: func(i int) time.Duration { return took[i] }}
	res := simulate(t, s, poisson(100, 9*time.Second, 5))
	free := time.Duration(0)
	for i, o := range res.Outcomes {
		if want := max(o.Arrival, free); o.Start != want {
			t.Fatalf("request %d starts at %v, want %v", i, o.Start, want)
		}
		free = max(o.Arrival, free) + took[i]
	}
}

// Measured: 8 workers × 3 s, 50 req/s for 20 s, backlog 2048, clients give up after 10 s: 24 of 1000
// answered and not one overflow. The workers go on with connections that nobody waits for.
func TestDeadWorkIsServed(t *testing.T) {
	s := System{Servers: 8, Slots: 2049, Service: steady(3 * time.Second), Deadline: 10 * time.Second}
	r := simulate(t, s, constant(50, 20*time.Second))
	if served := 1000 - r.Failed(); served != 24 || len(r.Overflows) != 0 || r.MaxDepth < 900 {
		t.Errorf("%d served, %d overflows, depth %d; want 24, 0, over 900", served, len(r.Overflows),
			r.MaxDepth)
	}
	if last := r.Outcomes[999]; last.Start == 0 || last.Done < 300*time.Second {
		t.Errorf("the last dead connection was not served: %+v", last)
	}
}

// Losers retry in step: a queue that is stuck until 1.1 s admits them together at 2 s.
func TestLosersRetryInStep(t *testing.T) {
	s := System{Servers: 1, Slots: 2, Retry: SYNRetransmits(4, 6, 10*time.Second),
		Service: func(i int) time.Duration {
			if i == 0 {
				return 1100 * ms
			}
			return ms
		}}
	r := simulate(t, s, slices.Values(make([]time.Duration, 5)))
	for i, o := range r.Outcomes[3:] {
		if o.Queued != 2*time.Second || o.SYNs != 3 {
			t.Errorf("loser %d: %+v, want its third SYN in at 2 s", i, o)
		}
	}
	if len(r.Overflows) != 4 || r.Failed() != 0 {
		t.Errorf("%d overflows, %d failed; want 4, 0", len(r.Overflows), r.Failed())
	}
}

func TestPatience(t *testing.T) {
	s := System{Servers: 1, Slots: 0, Service: steady(time.Hour), Retry: SYNRetransmits(4, 6, time.Hour),
		Patience: 3 * time.Second}
	r := simulate(t, s, slices.Values([]time.Duration{0, ms}))
	if o := r.Outcomes[1]; o.SYNs != 3 || o.Connected || o.Done != 3*time.Second+ms {
		t.Errorf("3 s of patience: %+v, want SYNs at 0, 1, 2 s and the end at 3 s", o)
	}
}

func TestSystemRefuses(t *testing.T) {
	ok := System{Servers: 1, Service: steady(ms)}
	for _, c := range []struct {
		change func(*System)
		at     []time.Duration
		want   string
	}{
		{func(s *System) { s.Servers = 0 }, nil, "servers"},
		{func(s *System) { s.Slots = -1 }, nil, "slots"},
		{func(s *System) { s.Service = nil }, nil, "service"},
		{func(s *System) { s.Retry = []time.Duration{2, 1} }, nil, "ascend"},
		{func(s *System) { s.Retry = []time.Duration{0} }, nil, "ascend"},
		{func(s *System) { s.Patience = -1 }, nil, "patience"},
		{func(s *System) {}, []time.Duration{2, 1}, "sort"},
		{func(s *System) {}, []time.Duration{-1}, "arrival 0"},
		{func(s *System) { s.Service = steady(-1) }, []time.Duration{1}, "service time 0"},
	} {
		s := ok
		c.change(&s)
		if _, err := s.Run(slices.Values(c.at)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one on %q", err, c.want)
		}
	}
}

func BenchmarkSystem(b *testing.B) {
	s := System{Servers: 8, Slots: 17, Service: steady(20 * ms), Retry: SYNRetransmits(4, 6, 3*time.Second)}
	for b.Loop() {
		if _, err := s.Run(constant(600, 100*time.Second)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/60000, "ns/request")
}

// TestSlower: what is in service hinders each other, from the first that is not alone.
func TestSlower(t *testing.T) {
	var seen []int
	r, err := System{
		Servers: 4, Slots: 1000, Service: func(int) time.Duration { return 10 * time.Millisecond },
		Slower: func(n int) float64 { seen = append(seen, n); return float64(n) },
	}.Run(slices.Values(make([]time.Duration, 400)))
	if err != nil {
		t.Fatal(err)
	}
	// 10, 20, 30 and 40 ms for the first of each server, and 40 ms for each after them: 100 a second.
	if got := r.Outcomes[399].Done; got != 4*time.Second || !slices.Equal(seen[:5], []int{1, 2, 3, 4, 4}) {
		t.Errorf("400 requests took %v, with %v in service", got, seen[:5])
	}
}
