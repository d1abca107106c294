package wire

import (
	"syscall"

	"weir/loadgen"
)

// ConnectOutcome names the failure of making a connection: of socket(), bind() or connect().
func ConnectOutcome(errno syscall.Errno, network string) loadgen.Outcome {
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

// StatusOutcome names a complete response.
func StatusOutcome(status int) loadgen.Outcome {
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
	return loadgen.HTTP5xxOther
}
