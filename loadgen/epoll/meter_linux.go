package epoll

import (
	"bytes"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"weir/loadgen"
)

// meterEvery is the stretch over which a loop's processor time is taken: long enough for the kernel's
// account, which moves on at its ticks, and short enough that the end of a ramp is seen.
const meterEvery = time.Second

// meter measures the thread of a loop: how busy it was in its worst second, and for how much of its worst
// second it waited for a processor. A loop that waits for the last answers, or for a hung server's timeouts,
// rests: an average over the run would make little of what it suffered while it sent. An average over all
// processors does not show one loop of eight that has more to do than it can. It is read from
// /proc/thread-self/schedstat, "on-cpu waiting timeslices" in ns (Documentation/scheduler/sched-stats.rst),
// which takes a loop some 10 µs each second. It holds no descriptor in between: those are for requests. The
// zero value measures nothing.
type meter struct {
	on      bool
	buffer  [96]byte
	last    account
	next    time.Duration // when to read again
	busiest float64       // share of a stretch; below 0: none is over
	starved float64       // the same, of waiting
}

type account struct{ at, ran, waited time.Duration }

// newMeter measures the thread that calls it, which is to stay the loop's.
func newMeter(at time.Duration) (m meter) {
	now, ok := m.read(at)
	m.on, m.busiest, m.last, m.next = ok, -1, now, at+meterEvery
	return m
}

func (m *meter) read(at time.Duration) (account, bool) {
	fd, err := unix.Open("/proc/thread-self/schedstat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return account{}, false
	}
	n, err := unix.Read(fd, m.buffer[:])
	_ = unix.Close(fd)
	if err != nil {
		return account{}, false
	}
	ran, rest, _ := bytes.Cut(m.buffer[:n], []byte(" "))
	waited, _, _ := bytes.Cut(rest, []byte(" "))
	x, errX := strconv.ParseInt(string(ran), 10, 64)
	y, errY := strconv.ParseInt(string(waited), 10, 64)
	return account{at, time.Duration(x), time.Duration(y)}, errX == nil && errY == nil
}

// tick notes a stretch that is over.
func (m *meter) tick(at time.Duration) {
	if !m.on || at < m.next {
		return
	}
	if now, ok := m.read(at); ok {
		m.stretch(now)
	}
	m.next = at + meterEvery
}

// stretch notes the one that is over now.
func (m *meter) stretch(now account) {
	took := float64(now.at - m.last.at)
	m.busiest = max(m.busiest, float64(now.ran-m.last.ran)/took)
	m.starved = max(m.starved, float64(now.waited-m.last.waited)/took)
	m.last = now
}

// end returns what was measured; nil where that is nothing, or too short.
func (m *meter) end(at time.Duration) *loadgen.LoopUse {
	if !m.on {
		return nil
	}
	if at-m.last.at >= meterEvery/4 { // less would be one slice of time or none
		if now, ok := m.read(at); ok {
			m.stretch(now)
		}
	}
	m.on = false
	if m.busiest < 0 {
		return nil
	}
	return &loadgen.LoopUse{CPU: m.busiest, Delay: m.starved}
}

// worst is the most of each, of several loops; nil where nothing was measured.
func worst(loops []*loop) *loadgen.LoopUse {
	var most *loadgen.LoopUse
	for _, l := range loops {
		switch {
		case l.use == nil:
		case most == nil:
			most = &loadgen.LoopUse{CPU: l.use.CPU, Delay: l.use.Delay}
		default:
			most.CPU, most.Delay = max(most.CPU, l.use.CPU), max(most.Delay, l.use.Delay)
		}
	}
	return most
}
