package estimate_test

import (
	"fmt"
	"time"

	"weir/report/analysis/estimate"
)

// Of 5,000 requests none failed. That does not show a share of 0, but one below 0.08 %.
func ExampleWilson() {
	low, high := estimate.Wilson(0, 5000)
	fmt.Printf("%.3f %% to %.3f %%\n", 100*low, 100*high)
	// Output: 0.000 % to 0.077 %
}

// A server that does 100 requests a second, with a queue of 17, is offered 60 to 160 for 5 s each. What its
// queue took did not fail, so the first trial that lost something is not where it is overloaded.
func ExampleHinge() {
	var trials []estimate.Trial
	for rate := 60; rate <= 160; rate += 10 {
		due := 5 * rate
		lost := max(0, due-5*100-17)
		trials = append(trials, estimate.Trial{Due: uint64(due), Bad: uint64(lost),
			Duration: 5 * time.Second})
	}
	fit, err := estimate.Hinge(trials, estimate.HingeOptions{Slots: 17, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f req/s [%.0f, %.0f], from %d trials below and %d beyond\n",
		fit.Theta, fit.Low, fit.High, fit.Below, fit.Beyond)
	// Output: 100 req/s [98, 102], from 5 trials below and 6 beyond
}
