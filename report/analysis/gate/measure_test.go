package gate

import (
	"math"
	"testing"

	"weir/report/result"
)

// TestDropsOfAUnixLane: a unix socket has no overflows that the kernel counts, but its namespace's drops are known all the same;
// where one trial's are not, there may be more.
func TestDropsOfAUnixLane(t *testing.T) {
	none := uint64(0)
	drops := func(trials ...result.Trial) interval {
		l := &result.Lane{Listener: "/run/app.sock", ListenDrops: &none, Trials: trials}
		return counter(func(l *result.Lane) *uint64 { return l.ListenDrops }, func(t result.Trial) *uint64 { return t.ListenDrops })(scope{lane: l})
	}
	read := result.Trial{ListenDrops: &none}
	if i := drops(read, read); i.low != 0 || i.high != 0 || !i.known() {
		t.Errorf("%+v, want exactly 0", i)
	}
	if i := drops(read, result.Trial{}); !math.IsInf(i.high, 1) {
		t.Errorf("%+v, want 0 or more: one trial was not read", i)
	}
}
