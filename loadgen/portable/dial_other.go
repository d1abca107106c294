//go:build !linux

package portable

import (
	"weir/loadgen"
	"weir/loadgen/wire"
)

func newDialer(r wire.Remote, t loadgen.Target) (dialer, error) { return newNetDialer(r, t) }

// observe is Linux only.
func observe(uintptr, *loadgen.Result) {}
