package scenarios

import (
	"errors"
	"syscall"
)

// There is no lab on Windows, and so nobody to signal.
const (
	sigStop = syscall.Signal(0)
	sigCont = syscall.Signal(0)
)

func signalGroup(int, syscall.Signal) error { return errors.ErrUnsupported }
