package epoll

import (
	"syscall"

	"weir/loadgen"
)

// connectOutcome names the failure of making a connection: of socket(), bind() or connect().
func connectOutcome(errno syscall.Errno, network string) loadgen.Outcome {
	switch errno {
	case syscall.ECONNREFUSED:
		return loadgen.ConnectRefused
	case syscall.ECONNRESET:
		return loadgen.ConnectReset
	case syscall.ETIMEDOUT:
		return loadgen.ConnectTimeout
	case syscall.EAGAIN:
		if network == "unix" {
			return loadgen.QueueFull // net/unix/af_unix.c, unix_stream_connect
		}
		return loadgen.NoLocalPort // connect(2)
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return loadgen.NoLocalPort
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ENOSPC:
		return loadgen.NoFD // the machine that ran out is ours; ENOSPC is fs.epoll.max_user_watches
	}
	return loadgen.ConnectUnreachable
}

// readOutcome names how reading ended short of a response: errno is 0 where the peer closed, and began
// says that some of a response had come.
func readOutcome(errno syscall.Errno, began bool) loadgen.Outcome {
	switch {
	case errno == syscall.ETIMEDOUT:
		return loadgen.ResponseTimeout
	case errno != 0 && began:
		return loadgen.ResetMidResponse
	case errno != 0:
		return loadgen.ResetBeforeResponse
	case began:
		return loadgen.Truncated
	}
	return loadgen.ClosedBeforeResponse
}

// statusOutcome names a complete response.
func statusOutcome(status int) loadgen.Outcome {
	switch {
	case status < 100 || status > 599:
		return loadgen.BadResponse
	case status < 400:
		return loadgen.OK
	case status < 500:
		return loadgen.HTTP4xx
	case status == 500:
		return loadgen.HTTP500
	case status == 502:
		return loadgen.HTTP502
	case status == 503:
		return loadgen.HTTP503
	case status == 504:
		return loadgen.HTTP504
	}
	return loadgen.HTTP5xx
}
