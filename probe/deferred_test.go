package probe

import "testing"

func TestDeferredACKs(t *testing.T) {
	n := func(v uint64) *uint64 { return &v }
	for name, test := range map[string]struct {
		drops                 uint64
		listenDrops, deferred *uint64
		likely, most          uint64
	}{
		"bare ACKs alone":                     {40, n(0), n(40), 40, 40},
		"40 final ACKs, two drops each":       {80, n(40), n(0), 0, 0},
		"both":                                {2*10 + 30, n(10), n(30), 30, 30},
		"SYNs lost besides":                   {50, n(20), n(30), 30, 30},
		"lost elsewhere in the namespace too": {50, n(100), n(30), 0, 30},
		"deferred elsewhere too":              {50, n(20), n(1000), 30, 50},
		"a kernel without the counter":        {40, n(0), nil, 0, 0},
		"ListenDrops not known":               {40, nil, n(40), 0, 40},
	} {
		if likely, most := DeferredACKs(test.drops, test.listenDrops, test.deferred); likely != test.likely ||
			most != test.most {
			t.Errorf("%s: %d likely, %d at most; want %d and %d", name, likely, most, test.likely, test.most)
		}
	}
}
