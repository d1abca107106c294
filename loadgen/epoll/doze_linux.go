package epoll

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// At 10,000 requests/s a loop that wakes up for each request and for each answer spends most of its time on
// waking up: on a virtual machine without work a processor is given back to the host, and coming back takes
// longer than sending and reading do. So a loop dozes: where the next request is due soon, it does not wake
// up for the answers before it, and reads them together. That delays no request, and no answer is taken for
// late, because the kernel says when it arrived (receiver).
//
// It stays awake where the server or the record would notice: while a connection is opened or a request is
// not wholly written, and for a while after an answer that came in pieces, whose reading makes room for more,
// or without the kernel's time (unix sockets have none), after each request that ended without an answer, and
// while most places of requests in flight are taken, which answers give back.
//
// A loop whose target has a wake quantum (loadgen.QuantumAt) also lets that pass from the end of one doze to
// that of the next, and then sends all that is due: one wake-up for three requests on average.
const (
	patience  = 300 * time.Microsecond
	alertness = 100 * time.Millisecond
)

// beAlert keeps the loop from dozing for a while.
func (l *loop) beAlert() { l.alert = l.now() + alertness }

// mayDoze says whether the loop may sleep until then, whatever happens.
func (l *loop) mayDoze(at, then time.Duration) bool {
	return l.open.len > 0 && l.sending == 0 && at >= l.alert && at < then && then <= at+patience &&
		!l.places.scarce()
}

// doze sleeps for d or, if a signal comes, less. Go's scheduler is not told, as of a brief wait.
func doze(d time.Duration) {
	request := unix.NsecToTimespec(int64(d))
	unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&request)), 0,
		0, 0)
}
