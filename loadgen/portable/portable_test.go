package portable

import (
	"testing"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/scenarios/lab/labtest"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, func(target loadgen.Target) (loadgen.Engine, error) { return New(target) })
}

// Where connecting is not written for the system, package net dials. That way is tested everywhere.
func TestConformanceOfNetDialer(t *testing.T) {
	labtest.NotQuick(t)
	conformance.Run(t, func(target loadgen.Target) (loadgen.Engine,
		error) {
		return newEngine(target, newNetDialer)
	})
}

func TestConformanceOfFastCGI(t *testing.T) {
	conformance.RunFastCGI(t, func(target loadgen.Target) (loadgen.Engine, error) { return New(target) })
}

func TestConnecting(t *testing.T) {
	labtest.NotQuick(t)
	t.Parallel()
	conformance.RunConnecting(t, func(target loadgen.Target) (loadgen.Engine, error) { return New(target) })
}
