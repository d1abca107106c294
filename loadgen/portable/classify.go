package portable

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	"weir/loadgen"
	"weir/loadgen/wire"
)

// errnoOf returns the errno at the bottom of err, 0 if there is none.
func errnoOf(err error) syscall.Errno {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return posix(e)
	}
	return 0
}

// timedOut reports whether one of our deadlines ended the wait. The errno is looked at first, because
// ETIMEDOUT and EAGAIN call themselves timeouts too.
func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return errnoOf(err) == 0 && ok && e.Timeout()
}

// interrupted reports whether the end of the run can have caused err: it moves the deadlines into the past.
func interrupted(err error) bool { return timedOut(err) || errors.Is(err, context.Canceled) }

func closed(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// brokenOff reports whether err is the peer's end of a connection, its FIN or its RST, and not a timeout.
func brokenOff(err error) bool {
	errno := errnoOf(err)
	return closed(err) || errno == syscall.ECONNRESET || errno == syscall.EPIPE
}

// connectOutcome names the failure of a connect().
func connectOutcome(err error, network string) loadgen.Outcome {
	if timedOut(err) {
		return loadgen.ConnectTimeout
	}
	return wire.ConnectOutcome(errnoOf(err), network)
}

// handshakeOutcome names the failure of a TLS handshake. A peer that resets, closes or is silent does
// so as it would without TLS and has the same name: an overflowing queue must not look like a bad
// certificate.
func handshakeOutcome(err error) loadgen.Outcome {
	switch {
	case timedOut(err):
		return loadgen.ResponseTimeout
	case errnoOf(err) != 0:
		return loadgen.ResetBeforeResponse
	case closed(err):
		return loadgen.ClosedBeforeResponse
	}
	return loadgen.TLSFailed
}

// readOutcome names the failure of reading a response, from what the connection did. fasthttp's own error
// cannot be used: it turns whatever happens before the first byte into EOF.
//
//	err     what the connection's Read returned last; nil if it never failed
//	began   whether any byte came
//	foreign whether what came is no FastCGI response
func readOutcome(err error, began, foreign bool) loadgen.Outcome {
	errno := errnoOf(err)
	switch {
	case err == nil:
		return loadgen.BadResponse // the connection is in order, what came over it is not
	case timedOut(err), errno == syscall.ETIMEDOUT:
		return loadgen.ResponseTimeout
	case errno != 0 && !began:
		return loadgen.ResetBeforeResponse
	case errno != 0:
		return loadgen.ResetMidResponse
	case !closed(err):
		// neither the kernel nor a deadline nor the peer's end: an alert or a broken record
		return loadgen.TLSFailed
	case !began:
		return loadgen.ClosedBeforeResponse
	case foreign:
		return loadgen.BadResponse
	}
	return loadgen.Truncated
}
