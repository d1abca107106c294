package probe

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// dropping is a listener, and the counters of its namespace, which has overflows of others too.
type dropping struct {
	drops     uint32
	overflows uint64
	silent    bool // the kernel does not tell drops
	reads     int
	during    func() // while the counters are read
}

func (d *dropping) Name() string { return "inet_diag" }
func (d *dropping) Read(s *Sample) error {
	l := Listener{Addr: "127.0.0.1:80", Cookie: 1}
	if drops := d.drops; !d.silent {
		l.Drops = &drops
	}
	s.Listeners = append(s.Listeners, l)
	return nil
}

type overflowCounter struct{ *dropping }

func (c overflowCounter) Name() string { return "netstat" }
func (c overflowCounter) Read(s *Sample) error {
	c.reads++
	s.Counters["TcpExtListenOverflows"] = c.overflows
	if c.during != nil {
		c.during()
	}
	return nil
}

// TestCountersAreReadWhenItMatters: an overflow of the watched listener is in the sample that has its drop,
// one of another's 50 ms late at most, with the age beside it; and nobody pays for more.
func TestCountersAreReadWhenItMatters(t *testing.T) {
	run := func(t *testing.T, d *dropping, change map[int]func()) (samples []Sample) {
		p := &Probe{sources: []Source{d}, counted: countedSources{sources: []Source{overflowCounter{d}}}}
		ctx, cancel := context.WithTimeout(t.Context(), 1005*time.Millisecond)
		defer cancel()
		p.Run(ctx, time.Now(), 10*time.Millisecond, func(s Sample) {
			samples = append(samples, s)
			if f := change[len(samples)]; f != nil {
				f()
			}
		})
		return samples
	}
	synctest.Test(t, func(t *testing.T) {
		d := &dropping{}
		samples := run(t, d, map[int]func(){
			32: func() { d.drops++; d.overflows++ }, // its own
			42: func() { d.overflows += 100 },       // another's
		})
		if len(samples) != 100 || d.reads < 20 || d.reads > 24 {
			t.Errorf("%d samples, %d readings of the counters, want 20 a second and one or two for the drop",
				len(samples), d.reads)
		}
		for i, s := range samples {
			n, known := s.Counters["TcpExtListenOverflows"]
			age := time.Duration(s.Gauges["counters.age_us"]) * time.Microsecond
			if !known || uint64(*s.Listeners[0].Drops) > n || age >= countersEvery {
				t.Errorf("sample %d: %d overflows, %d drops, %v old", i, n, *s.Listeners[0].Drops, age)
			}
			if i >= 47 && n != 101 {
				t.Errorf("sample %d: %d overflows: another's are not there after 50 ms", i, n)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) { // a drop that comes while the counters are read
		d := &dropping{}
		d.during = func() {
			if d.reads == 2 {
				d.drops++
				d.overflows++
			}
		}
		samples := run(t, d, nil)
		for i, s := range samples[:len(samples)-1] {
			if *s.Listeners[0].Drops == 1 && samples[i+1].Counters["TcpExtListenOverflows"] != 1 {
				t.Fatalf("sample %d has the drop, the next one not its overflow", i)
			}
			if *s.Listeners[0].Drops == 1 {
				return
			}
		}
		t.Error("no drop was seen")
	})
	synctest.Test(t, func(t *testing.T) {
		d := &dropping{silent: true}
		if run(t, d, nil); d.reads != 100 {
			t.Errorf("%d readings beside a listener that does not tell its drops, want 100", d.reads)
		}
	})
}

// A single reading is never an old one.
func TestReadIsNew(t *testing.T) {
	d := &dropping{}
	p := &Probe{sources: []Source{d}, counted: countedSources{sources: []Source{overflowCounter{d}}}}
	for range 3 {
		d.overflows++
		if s := p.Read(time.Now()); s.Counters["TcpExtListenOverflows"] != d.overflows ||
			s.Gauges["counters.age_us"] != 0 {
			t.Errorf("%+v", s)
		}
	}
}
