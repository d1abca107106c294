package search_test

import (
	"fmt"
	"time"

	"weir/loadgen/search"
)

// A search among trials of 10 s at a server that does 137 requests a second, and whose queue holds 17.
func ExampleSpec() {
	spec := search.New(100, 17, 1, 10*time.Second, time.Hour)
	state := spec.Begin()
	trials := 0
	for load, ok := state.Next(); ok; load, ok = state.Next() {
		seconds := spec.Trial.Seconds()
		due := load * seconds
		lost := max(0, due-137*seconds-17)
		state.Add(search.Trial{Load: load, Duration: spec.Trial, Due: uint64(due), Bad: uint64(lost)})
		trials++
	}
	fmt.Println(trials, "trials of", spec.Trial)
	for _, goal := range spec.Goals {
		b := state.Goal(goal)
		fmt.Printf("%.1f %% lost at the most: between %.1f and %.1f req/s, %s\n",
			100*goal.LossRatio, b.Lower, b.Upper, b.State)
	}
	// Output:
	// 14 trials of 10.625s
	// 0.0 % lost at the most: between 137.8 and 139.8 req/s, reached
	// 0.5 % lost at the most: between 137.8 and 139.8 req/s, reached
}
