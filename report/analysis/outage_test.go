package analysis

import (
	"testing"
	"time"

	"weir/loadgen"
	"weir/report/runfile"
)

// An outage is as long as the bins in which all that was due was bad, with the empty ones between them.
func TestOutage(t *testing.T) {
	for _, c := range []struct {
		bins string // of each bin: g some good, b all bad, l all late, - nothing due
		want int    // bins
	}{{"ggg", 0}, {"", 0}, {"gbbg", 2}, {"b-bgbb", 3}, {"-b-", 1}, {"gblbg", 3}, {"bgbbb", 3}} {
		x := &trial{bins: map[time.Duration]*bin{}}
		for i, r := range c.bins {
			b := &bin{due: map[loadgen.Outcome]uint64{}}
			switch r {
			case 'g':
				b.due = map[loadgen.Outcome]uint64{loadgen.OK: 1, loadgen.HTTP502: 3}
			case 'b':
				b.due[loadgen.HTTP502] = 3
			case 'l':
				b.due[loadgen.OK], b.late = 3, 3
			}
			x.bins[time.Duration(i)*runfile.BinWidth] = b
		}
		if got := x.outage(); got != time.Duration(c.want)*runfile.BinWidth {
			t.Errorf("%q: %v, want %d bins", c.bins, got, c.want)
		}
	}
}
