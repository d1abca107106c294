// Package pace releases work at the absolute times of a schedule. It never waits for the work and never
// skips any: what is late is released at once, all of it, and how late it was is for the caller to
// record. That is what makes a load open loop.
//
// It does not bound concurrency and does not smooth bursts: a schedule that was missed for 10 ms is
// followed by 10 ms worth of requests together, because they were due.
package pace

import (
	"context"
	"iter"
	"time"
)

// longestNap bounds how long the end of the context may go unnoticed.
const longestNap = 10 * time.Millisecond

// Run calls release(i, due) for each request of the schedule, never before epoch+start+due, from one
// goroutine. release gets due as an offset from the epoch and must return quickly. Run returns when the
// schedule is exhausted, or with the context's error within some 10 ms of its end. The epoch must
// carry a monotonic reading, as time.Now's does.
func Run(ctx context.Context, epoch time.Time, start time.Duration, schedule iter.Seq2[int, time.Duration],
	release func(i int, due time.Duration)) error {
	sleep, done := sleeper(epoch)
	defer done()
	return follow(ctx, func() time.Duration { return time.Since(epoch) }, sleep, start, schedule, release)
}

// follow is Run without a real clock: now tells the time and sleep returns at about the given one.
func follow(ctx context.Context, now func() time.Duration, sleep func(until time.Duration),
	start time.Duration, schedule iter.Seq2[int, time.Duration], release func(int, time.Duration)) error {
	at := now()
	for i, due := range schedule {
		due += start
		for at < due && ctx.Err() == nil {
			sleep(min(due, at+longestNap))
			at = now()
		}
		if ctx.Err() != nil {
			break
		}
		release(i, due)
	}
	return ctx.Err()
}
