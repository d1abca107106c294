package plan_test

import (
	"fmt"
	"time"

	"weir/loadgen/plan"
)

// When each request is due depends on the plan alone: two lanes that share one are offered exactly the same.
func ExamplePlan() {
	p := plan.Plan{Stages: []plan.Stage{
		{From: 2, To: 2, Duration: time.Second},
		{From: 2, To: 6, Duration: time.Second}, // a ramp
	}}
	fmt.Println(p.Count(), "requests in", p.Duration())
	for i, due := range p.Due() {
		fmt.Println(i, due.Round(time.Millisecond))
	}
	// Output:
	// 6 requests in 2s
	// 0 0s
	// 1 500ms
	// 2 1s
	// 3 1.366s
	// 4 1.618s
	// 5 1.823s
}

// Separate trials at constant rates are what an onset is estimated from.
func ExampleSteps() {
	for _, p := range plan.Steps(60, 160, 3, 5*time.Second, plan.Poisson, 1) {
		fmt.Printf("%.0f req/s for %v\n", p.MaxRate(), p.Duration())
	}
	// Output:
	// 60 req/s for 5s
	// 110 req/s for 5s
	// 160 req/s for 5s
}
