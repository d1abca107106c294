//go:build !linux

package conformance

import (
	"testing"

	"weir/loadgen"
)

// system is Linux only.
func system(*testing.T, Open) {}

// RunUnanswered is Linux only.
func RunUnanswered(*testing.T, func(loadgen.Target) (loadgen.Engine, error)) {}
