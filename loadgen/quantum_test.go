package loadgen

import (
	"testing"
	"time"
)

// Below a rate at which it saves nothing no request waits for another, and above it no more do than a few.
func TestQuantumAt(t *testing.T) {
	const us = time.Microsecond
	for _, c := range []struct {
		set  time.Duration
		rate float64
		want time.Duration
	}{
		{0, 100, 0}, {0, 4999, 0}, {0, 5000, 300 * us}, {0, 10_000, 300 * us}, {0, 30_000, 100 * us}, {0, 300_000, 10 * us},
		{100 * us, 10_000, 100 * us}, {time.Millisecond, 5000, 600 * us}, {time.Millisecond, 100, 0}, {-1, 10_000, 0},
	} {
		target, err := Target{URL: "http://a.test/", WakeQuantum: c.set}.Complete()
		if err != nil {
			t.Fatal(err)
		}
		if got := target.QuantumAt(c.rate); got != c.want {
			t.Errorf("set to %v, at %v/s: %v, want %v", c.set, c.rate, got, c.want)
		}
	}
	if _, err := (Target{URL: "http://a.test/", WakeQuantum: 2 * time.Millisecond}).Complete(); err == nil {
		t.Error("2 ms are no quantum, but a lag")
	}
}
