package loadgen

import "time"

// An engine that wakes up for each request at high rates spends most of its time on waking up. From crowded
// requests a second on it may therefore send a few together that are due within the target's WakeQuantum:
// never one early, none later than that, and the lag says how late. A server notices it if it serves so few at once
// that the second waits for the first, by the time that it takes for one; at lower rates nothing is sent together.
const (
	crowded  = 5000 // requests/s
	together = 3    // as many as are due in a quantum, at the most
)

// QuantumAt returns how long requests may wait for others, in a plan whose highest rate is that, in requests/s; 0: not
// at all.
func (t Target) QuantumAt(rate float64) time.Duration { return QuantumAt(t.WakeQuantum, rate) }

// QuantumAt is the same for a WakeQuantum.
func QuantumAt(most time.Duration, rate float64) time.Duration {
	if rate < crowded {
		return 0
	}
	return max(0, min(most, time.Duration(together/rate*float64(time.Second))))
}
