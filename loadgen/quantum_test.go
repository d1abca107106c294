package loadgen

import (
	"testing"
	"time"
)

// Nobody waits unless that was asked for; then at every rate, and no more do than three on average.
func TestQuantumAt(t *testing.T) {
	const us = time.Microsecond
	for _, c := range []struct {
		set  time.Duration
		rate float64
		want time.Duration
	}{
		{0, 100, 0}, {0, 5000, 0}, {0, 300_000, 0},
		{300 * us, 100, 300 * us}, {300 * us, 4999, 300 * us}, {300 * us, 5000, 300 * us},
		{300 * us, 10_000, 300 * us},
		{300 * us, 30_000, 100 * us}, {300 * us, 300_000, 10 * us}, {time.Millisecond, 5000, 600 * us},
		{time.Millisecond, 1, time.Millisecond},
	} {
		target, err := Target{URL: "http://a.test/", WakeQuantum: c.set}.Complete()
		if err != nil {
			t.Fatal(err)
		}
		if got := target.QuantumAt(c.rate); got != c.want {
			t.Errorf("set to %v, at %v/s: %v, want %v", c.set, c.rate, got, c.want)
		}
	}
	for _, bad := range []time.Duration{2 * time.Millisecond, -1} {
		if _, err := (Target{URL: "http://a.test/", WakeQuantum: bad}).Complete(); err == nil {
			t.Errorf("%v is no quantum", bad)
		}
	}
}
