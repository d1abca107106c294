package epoll

import (
	"syscall"

	"weir/loadgen"
)

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
