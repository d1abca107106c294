//go:build !linux

package portable

import "weir/loadgen"

func newDialer(r remote, t loadgen.Target) (dialer, error) { return newNetDialer(r, t) }

// observe is Linux only.
func observe(uintptr, *loadgen.Result) {}
