// Package epoll is the open-loop engine for the highest rates: plain HTTP over TCP and unix sockets, on
// Linux. A thread of its own turns an event loop; each loop has its part of the schedule, its
// connections and its timeouts, and shares nothing with the others but the limit of requests in flight.
// A request costs no goroutine, no lock and no allocation, only its system calls.
//
// It believes that the generator is the measuring instrument. So it connects when a request is due and not
// when the loop has time, wakes by the nanosecond and not by the millisecond, takes the time at which an
// answer arrived from the kernel, so that how late it reads is nobody's latency, and, like package portable,
// whose outcomes it shares through one conformance suite, it never tries anything twice.
//
// It is not for TLS and not for other systems: New then answers with an error that is
// errors.ErrUnsupported, and package portable does the work.
package epoll

import (
	"errors"
	"fmt"
	"strings"

	"weir/loadgen"
)

// checkSupported refuses what package portable must do.
func checkSupported(t loadgen.Target) error {
	if strings.HasPrefix(t.URL, "http:") {
		return nil
	}
	return fmt.Errorf("the epoll engine speaks plain http only, not %q: %w: use the portable engine",
		scheme(t.URL), errors.ErrUnsupported)
}

func scheme(url string) string {
	s, _, _ := strings.Cut(url, ":")
	return s
}
