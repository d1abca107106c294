package trace

import (
	"errors"
	"testing"
)

func TestBucketsFollowEachOther(t *testing.T) {
	for b := Bucket(2 << perOctave); b < 61<<perOctave; b++ {
		from, to := b.From(), b.To()
		if from <= 0 || to <= from || (to-from)*4 > from {
			t.Fatalf("bucket %d is from %d to %d ns", b, from, to)
		}
		if (b + 1).From() != to {
			t.Fatalf("bucket %d does not begin where %d ends", b+1, b)
		}
	}
	// 1 ms is 2^19 ns and 475,712: the last quarter of its octave begins at 917,504.
	if b := Bucket(19<<perOctave + 3); b.From() != 917504 || b.To() != 1<<20 {
		t.Errorf("the bucket of 1 ms is %v to %v", b.From(), b.To())
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []Config{{}, {NetNS: 1}, {Ports: []uint16{80}},
		{NetNS: 1, Ports: make([]uint16, maxPorts+1)}} {
		if _, err := Open(c); err == nil || errors.Is(err, ErrUnsupported) && c.check() == nil {
			t.Errorf("%+v was opened: %v", c, err)
		}
	}
}
