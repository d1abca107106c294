//go:build !linux

package pace

import "time"

// sleeper uses the runtime's timers: good to about a millisecond. The lag is recorded, so a run that
// needed better says so.
func sleeper(epoch time.Time) (sleep func(until time.Duration), done func()) {
	return func(until time.Duration) { time.Sleep(until - time.Since(epoch)) }, func() {}
}
