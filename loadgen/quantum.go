package loadgen

import "time"

// An engine that wakes up for each request at high rates spends most of its time on waking up. A target with
// a WakeQuantum allows it to send a few together that are due within that time: never one early, none later
// than that, and the lag says how late. What it saves on processors it takes from the schedule, so it is off
// unless asked for, and then it is on in every trial of a plan: no rate must look slower than the next for
// what we did. Requests that are farther apart than the quantum go alone.
const together = 3 // requests that are due in a quantum, on average, at the most

// QuantumAt returns how long requests may wait for others, in a plan whose highest rate is that, in
// requests/s; 0: not at all.
func (t Target) QuantumAt(rate float64) time.Duration { return QuantumAt(t.WakeQuantum, rate) }

// QuantumAt is the same for a WakeQuantum.
func QuantumAt(most time.Duration, rate float64) time.Duration {
	return time.Duration(min(float64(most), together/rate*float64(time.Second)))
}
