package epoll

import (
	"errors"
	"testing"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/loadgen/portable"
	"weir/scenarios/lab/labtest"
)

// opener opens as a caller does that wants the fastest engine there is for a target: what is not for
// this one is portable's.
func opener(loops int) conformance.Open {
	return func(target loadgen.Target) (loadgen.Engine, error) {
		e, err := New(target)
		if errors.Is(err, errors.ErrUnsupported) {
			return portable.New(target)
		}
		if err != nil {
			return nil, err
		}
		return with(e, loops), nil
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Run(t, opener(0))
}

// Several loops, which a plan gets only at high rates, keep the same promises.
func TestConformanceOfTwoLoops(t *testing.T) {
	labtest.NotQuick(t)
	t.Parallel()
	conformance.Run(t, opener(2))
}

func TestConnecting(t *testing.T) {
	labtest.NotQuick(t)
	t.Parallel()
	conformance.RunConnecting(t, opener(0))
}
