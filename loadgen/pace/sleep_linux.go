package pace

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// sleeper returns a sleep that ends within some 10 µs of its time. The runtime's own timers cannot: an
// idle scheduler waits in epoll, whose timeouts are whole milliseconds. So the calling goroutine keeps a
// thread of its own, which sleeps in clock_nanosleep(2) until an absolute time (a preemption before the
// call then costs nothing) and whose timer slack, 50 µs by default, is turned down to nothing
// (prctl(2), PR_SET_TIMERSLACK). done gives the thread back as it was.
func sleeper(epoch time.Time) (sleep func(until time.Duration), done func()) {
	runtime.LockOSThread()
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err == nil {
		err = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	}
	done = func() {
		if err == nil {
			_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0)
		}
		runtime.UnlockOSThread()
	}
	// Go's monotonic clock is CLOCK_MONOTONIC with another zero.
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return func(until time.Duration) { time.Sleep(until - time.Since(epoch)) }, done
	}
	zero := ts.Nano() - int64(time.Since(epoch))
	return func(until time.Duration) {
		ts := unix.NsecToTimespec(zero + int64(until))
		// Signals (the runtime preempts with SIGURG) end it early; the caller looks at the clock anyway.
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil)
	}, done
}
