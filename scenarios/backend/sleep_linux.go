package backend

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// sleep takes the service time, to an absolute time so that a signal (Go's runtime sends some) does
// not lengthen it. It reports false if the pool stopped meanwhile, which it looks for now and then.
func (p *pool) sleep(d time.Duration) bool {
	const glance = 100 * time.Millisecond
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return false
	}
	at, end := now.Nano(), now.Nano()+int64(d)
	for at < end {
		at = min(at+int64(glance), end)
		until := unix.NsecToTimespec(at)
		for errors.Is(unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil),
			unix.EINTR) {
		}
		if p.stopping.Load() {
			return false
		}
	}
	return true
}

// work takes a request's service time.
func (p *pool) work(d time.Duration) bool {
	if p.config.Compute {
		return p.compute(d)
	}
	return p.sleep(d)
}

// compute keeps the thread busy until it has had so much processor time, however long that takes: a worker
// that the scheduler leaves out does not work meanwhile. It reports false if the pool stopped.
func (p *pool) compute(d time.Duration) bool {
	var had unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &had); err != nil {
		return false
	}
	// looking at this clock, a system call, is work enough
	for end := had.Nano() + int64(d); had.Nano() < end; {
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &had); err != nil || p.stopping.Load() {
			return false
		}
	}
	return true
}

// standStill waits for the end of a pause of the whole server, if there is one. Workers call it before they
// accept and before they answer: a wait that a request is in, for a database say, goes on during a garbage
// collection, and only what follows has to wait.
func (p *pool) standStill() {
	if p.config.PauseFor == 0 {
		return
	}
	if left := pauseLeft(time.Since(p.began), p.config.PauseEvery, p.config.PauseFor); left > 0 {
		p.sleep(left)
	}
}
