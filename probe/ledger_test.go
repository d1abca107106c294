package probe

import (
	"math"
	"testing"
)

func dropsOf(n uint32) *uint32 { return &n }

// seen is a sample with the namespace's overflows and some listeners.
func seen(overflows uint64, listeners ...Listener) Sample {
	return Sample{Counters: map[string]uint64{"TcpExtListenOverflows": overflows, "TcpExtListenDrops": overflows}, Listeners: listeners}
}

func TestLedger(t *testing.T) {
	a := func(cookie uint64, drops uint32) Listener {
		return Listener{Addr: "a", Cookie: cookie, Drops: dropsOf(drops)}
	}
	const unknown = math.MaxUint64
	failed := seen(130)
	failed.Errors = []SourceError{{Source: "inet_diag", Text: "timeout"}}
	for _, test := range []struct {
		name                   string
		samples                []Sample
		overflows, own, others uint64
		came, went, restarts   int
	}{
		{"nothing happened", []Sample{seen(7, a(1, 3)), seen(7, a(1, 3))}, 0, 0, 0, 0, 0, 0},
		{"all its own", []Sample{seen(7, a(1, 3)), seen(17, a(1, 13))}, 10, 10, 0, 0, 0, 0},
		{"another listener did it", []Sample{seen(7, a(1, 3)), seen(17, a(1, 3))}, 10, 0, 10, 0, 0, 0},
		{"a quarter is its own", []Sample{seen(0, a(1, 0)), seen(8, a(1, 2))}, 8, 2, 6, 0, 0, 0},
		{"the final ACK's two drops", []Sample{seen(0, a(1, 0)), seen(5, a(1, 10))}, 5, 10, 0, 0, 0, 0},
		{"drops pass 2^32", []Sample{seen(0, a(1, math.MaxUint32-1)), seen(4, a(1, 2))}, 4, 4, 0, 0, 0, 0},
		{"restarted: the new socket began at 0", []Sample{seen(100, a(1, 50)), seen(110, a(1, 60)), seen(113, a(2, 3))}, 13, 13, 0, 1, 1, 1},
		{"restarted with a gap", []Sample{seen(0, a(1, 5)), seen(2, a(1, 7)), seen(2), seen(2), seen(3, a(2, 1))}, 3, 3, 0, 1, 1, 1},
		{"started late", []Sample{seen(0), seen(4, a(9, 4)), seen(5, a(9, 5))}, 5, 5, 0, 1, 0, 0},
		{"a group adds up", []Sample{seen(0, a(1, 1), a(2, 2)), seen(6, a(1, 4), a(2, 5))}, 6, 6, 0, 0, 0, 0},
		{"a group's member goes and one comes", []Sample{seen(0, a(1, 1), a(2, 2)), seen(6, a(1, 4), a(2, 5)), seen(8, a(2, 6), a(3, 1))}, 8, 8, 0, 1, 1, 0},
		{"no listing is no restart", []Sample{seen(100, a(1, 5)), failed, seen(140, a(1, 45))}, 40, 40, 0, 0, 0, 0},
		{"the first listing came late", []Sample{failed, seen(140, a(1, 45)), seen(141, a(1, 46))}, 11, 1, 10, 0, 0, 0},
		{"counters begin anew", []Sample{seen(100, a(1, 5)), seen(3, a(2, 3))}, 3, 3, 0, 1, 1, 1},
		{"no drops known", []Sample{seen(1, Listener{Addr: "a", Cookie: 1}), seen(2, Listener{Addr: "a", Cookie: 1})}, 1, unknown, unknown, 0, 0, 0},
		{"no counters", []Sample{{Listeners: []Listener{a(1, 1)}}, {Listeners: []Listener{a(1, 3)}}}, unknown, 2, unknown, 0, 0, 0},
	} {
		var l Ledger
		for _, s := range test.samples {
			l.Add(s)
		}
		got := l.Attribution()
		or := func(p *uint64) uint64 {
			if p == nil {
				return unknown
			}
			return *p
		}
		if or(got.Overflows) != test.overflows || or(got.OwnDrops) != test.own || or(got.Others) != test.others {
			t.Errorf("%s: %d overflows, %d own, %d others", test.name, or(got.Overflows), or(got.OwnDrops), or(got.Others))
		}
		if own := got.Own[0]; own.Came != test.came || own.Went != test.went || own.Restarts != test.restarts {
			t.Errorf("%s: %+v", test.name, own)
		}
	}
}

// Nothing that samples may hold takes an account back.
func FuzzLedger(f *testing.F) {
	f.Add([]byte{1, 0, 5, 2, 1, 9, 0, 3, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var l Ledger
		var last, lastOwn uint64
		for ; len(b) >= 3; b = b[3:] {
			s := seen(uint64(b[0]), Listener{Addr: string('a' + rune(b[1]%2)), Cookie: uint64(b[1] % 5), Drops: dropsOf(uint32(b[2]))})
			if b[1]&0x80 != 0 {
				s.Listeners = nil
			}
			l.Add(s)
			a := l.Attribution()
			if *a.Overflows < last || a.OwnDrops != nil && *a.OwnDrops < lastOwn {
				t.Fatalf("went back: %+v", a)
			}
			last = *a.Overflows
			if a.OwnDrops != nil {
				lastOwn = *a.OwnDrops
			}
		}
	})
}
