//go:build !linux

package conformance

import (
	"testing"

	"weir/loadgen"
)

// system is Linux only.
func system(*testing.T, Open) {}

// RunConnecting is Linux only.
func RunConnecting(*testing.T, func(loadgen.Target) (loadgen.Engine, error)) {}
