package plan

import "time"

// Steps returns n separate trials of length d, each at a constant rate, the rates evenly spaced from
// from to to with both ends included. It is the plan that measures: trials that begin with an empty
// queue are independent, where the steps of one continuous schedule hand their backlog on.
//
// Each trial's seed is derived from seed and its position, so that trials differ from one another and a
// lane's trial k is the same as every other lane's. One trial alone runs at from.
func Steps(from, to float64, n int, d time.Duration, a Arrival, seed uint64) []Plan {
	plans := make([]Plan, 0, max(0, n))
	for k := range n {
		rate := from
		if n > 1 {
			share := float64(k) / float64(n-1)
			rate = from*(1-share) + to*share // exact at both ends
		}
		plans = append(plans, Plan{
			Stages:  []Stage{{From: rate, To: rate, Duration: d}},
			Arrival: a,
			Seed:    derive(seed, uint64(k)),
		})
	}
	return plans
}

// Repeat offers every plan n times, in a row, so that what drifts meets all of them. The first of each is the
// plan itself; the others have seeds of their own, derived from its seed: with random arrivals a schedule
// that came again would not be another trial.
func Repeat(plans []Plan, n int) []Plan {
	out := make([]Plan, 0, max(0, n)*len(plans))
	for _, p := range plans {
		for k := range n {
			again := p
			if k > 0 {
				again.Seed = derive(p.Seed, uint64(k))
			}
			out = append(out, again)
		}
	}
	return out
}

// derive returns the index-th output of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
// Number Generators, OOPSLA 2014) started at seed: neighbouring seeds and indices give unrelated values.
func derive(seed, index uint64) uint64 {
	z := seed + (index+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
