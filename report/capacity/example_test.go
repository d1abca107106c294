package capacity_test

import (
	"fmt"
	"time"

	"weir/loadgen/plan"
	"weir/report/capacity"
)

// Eight workers and 200 ms a request: the arithmetic, before any load.
func ExampleModel() {
	m := capacity.Model{Workers: 8, Service: 200 * time.Millisecond, Backlog: 64}
	fmt.Printf("capacity %.0f req/s\n", m.Rate())
	at, _ := m.FirstOverflowBusy(200)
	fmt.Printf("200 req/s: the queue overflows after %v, and %.0f %% are lost\n",
		at.Round(10*time.Millisecond), 100*m.Loss(200))
	// Output:
	// capacity 40 req/s
	// 200 req/s: the queue overflows after 410ms, and 80 % are lost
}

// How many workers does 200 req/s take, if no more than 0.1 % of random arrivals may be lost?
func ExampleDemand() {
	d := capacity.Demand{Rate: 200, MaxLoss: 0.001, Poisson: true, CS2: 1}
	m := capacity.Model{Service: 200 * time.Millisecond, Backlog: 64}
	m.Workers, _ = d.Workers(m)
	fmt.Printf("%d workers lose %.3f %%\n", m.Workers, 100*d.Loss(m))
	// Output: 43 workers lose 0.034 %
}

// The same server, request by request: a burst that its queue cannot hold.
func ExampleSystem() {
	s := capacity.System{
		Servers: 1, Slots: 2,
		Service: func(int) time.Duration { return 100 * time.Millisecond },
	}
	burst := plan.Plan{Stages: []plan.Stage{{From: 100, To: 100, Duration: 50 * time.Millisecond}}}
	arrivals := func(yield func(time.Duration) bool) {
		for _, due := range burst.Due() {
			if !yield(due) {
				return
			}
		}
	}
	r, err := s.Run(arrivals)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d of %d failed; at most %d waited\n", r.Failed(), len(r.Outcomes), r.MaxDepth)
	// Output: 2 of 5 failed; at most 2 waited
}
