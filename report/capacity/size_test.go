package capacity

import (
	"testing"
	"time"
)

// The search finds what trying every number finds.
func TestWorkersIsTheSmallestNumber(t *testing.T) {
	m := Model{Service: 200 * ms, Backlog: 64}
	for _, d := range []Demand{
		{Rate: 200}, {Rate: 200, MaxLoss: .1}, {Rate: 200, HeadRoom: .2}, {Rate: .1},
		{Rate: 200, Poisson: true, MaxLoss: .001, CS2: 1},
		{Rate: 200, Poisson: true, MaxLoss: .001, CS2: 0},
		{Rate: 30, Poisson: true, MaxLoss: .2, CS2: .3},
	} {
		for _, m.Connections = range []int{1, 7} {
			got, ok := d.Workers(m)
			want := 1
			for m.Workers = want; d.Loss(m) > d.MaxLoss+1e-12; m.Workers = want {
				want++
			}
			if !ok || got != want {
				t.Errorf("%+v, %d connections: %d workers, want %d", d, m.Connections, got, want)
			}
		}
	}
}

func TestWorkersOfTheArticle(t *testing.T) {
	m := Model{Service: 200 * ms, Backlog: 64}
	if w, _ := (Demand{Rate: 200}).Workers(m); w != 40 { // 40 ÷ 0.2 s
		t.Errorf("%d workers for 200 req/s", w)
	}
	if w, _ := (Demand{Rate: 200, HeadRoom: .25}).Workers(m); w != 50 {
		t.Errorf("%d workers for 200 req/s and a quarter", w)
	}
	if w, _ := (Demand{Rate: 200, MaxLoss: .1}).Workers(m); w != 36 {
		t.Errorf("%d workers where a tenth may be lost", w)
	}
	if w, ok := (Demand{Rate: 1e6}).Workers(Model{Service: time.Hour}); ok {
		t.Errorf("%d workers for the impossible", w)
	}
}

func TestBacklogIsTheSmallest(t *testing.T) {
	m := Model{Workers: 44, Service: 200 * ms}
	for _, d := range []Demand{
		{Rate: 200}, {Rate: 200, Poisson: true, MaxLoss: .001, CS2: 1},
		{Rate: 215, Poisson: true, MaxLoss: .01},
	} {
		got, ok := d.Backlog(m)
		want := 0
		for m.Backlog = want; d.Loss(m) > d.MaxLoss+1e-12; m.Backlog = want {
			want++
		}
		if !ok || got != want {
			t.Errorf("%+v: backlog %d, want %d", d, got, want)
		}
	}
	if b, ok := (Demand{Rate: 221}).Backlog(m); ok {
		t.Errorf("a backlog of %d was to help above capacity", b)
	}
	if b, ok := (Demand{Rate: 220, Poisson: true, MaxLoss: 1e-9, CS2: 1}).Backlog(m); ok {
		t.Errorf("a backlog of %d was to hold Poisson arrivals at capacity", b)
	}
}

func TestBacklogHoldsABurst(t *testing.T) {
	m := Model{Workers: 8, Service: 200 * ms}
	d := Demand{Rate: 20, Burst: 100} // four of eight are idle
	b, ok := d.Backlog(m)
	if !ok || b != 96 {
		t.Errorf("backlog %d, want 96", b)
	}
	at := func(yield func(time.Duration) bool) {
		for i := range 1000 { // the burst comes with request 200
			for range 1 + max(0, 1-abs(i-200))*d.Burst {
				if !yield(time.Duration(i) * 50 * ms) {
					return
				}
			}
		}
	}
	m.Backlog = b
	if r := simulate(t, System{Servers: 8, Slots: m.Slots(), Service: steady(m.Service)},
		at); len(r.Overflows) > 0 {
		t.Errorf("%d overflows", len(r.Overflows))
	}
	if r := simulate(t, System{Servers: 8, Slots: m.Slots() - 3, Service: steady(m.Service)},
		at); len(r.Overflows) == 0 {
		t.Error("two places fewer and still no overflow: more than the smallest")
	}
}

func abs(i int) int { return max(i, -i) }

func TestBacklogWithinADeadline(t *testing.T) {
	m := Model{Workers: 8, Service: 200 * ms}
	b, ok := m.BacklogWithin(2 * time.Second)
	if !ok || b != 71 { // 1.8 s × 40/s = 72 places
		t.Errorf("backlog %d %v, want 71", b, ok)
	}
	m.Backlog = b
	if got := m.LongestWait() + m.Service; got != 2*time.Second {
		t.Errorf("the last one is answered after %v", got)
	}
	if b, ok := m.BacklogWithin(m.Service); ok {
		t.Errorf("backlog %d within a deadline that leaves no time to wait", b)
	}
}
