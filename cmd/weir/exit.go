package main

import "fmt"

// Exit statuses. Scripts and CI rely on them.
const (
	exitPass         = 0
	exitCouldNotRun  = 1
	exitUsage        = 2  // flags or configuration, an assertion among them
	exitFailed       = 10 // an assertion, or a rule of --abort-if
	exitInconclusive = 11 // no assertion failed, and one cannot be told
	exitInvalid      = 12 // the run cannot be believed
	exitInterrupted  = 130
)

// statusError is an error with an exit status of its own. A nil err means that all has been said already.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// usage marks an error as the caller's: wrong flags or configuration.
func usage(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, args...)}
}
