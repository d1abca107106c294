package probe

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// fake is a source that takes its time, and counts.
type fake struct {
	n      uint64
	takes  func(n uint64) time.Duration
	err    error
	closed bool
}

func (f *fake) Name() string { return "fake" }
func (f *fake) Close() error { f.closed = true; return nil }
func (f *fake) Read(s *Sample) error {
	f.n++
	if f.takes != nil {
		time.Sleep(f.takes(f.n))
	}
	s.Counters["n"] = f.n
	s.Listeners = append(s.Listeners, Listener{Addr: "b", Cookie: 1}, Listener{Addr: "a", Cookie: 2},
		Listener{Addr: "a", Cookie: 1})
	return f.err
}

// runFor collects the offsets of the samples that Run takes in d of virtual time.
func runFor(t *testing.T, p *Probe, epoch time.Time, every, d time.Duration,
	sink func(Sample)) (at []time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	p.Run(ctx, epoch, every, func(s Sample) {
		at = append(at, s.At)
		if sink != nil {
			sink(s)
		}
	})
	return at
}

func ms(n ...int) (out []time.Duration) {
	for _, v := range n {
		out = append(out, time.Duration(v)*time.Millisecond)
	}
	return out
}

func TestRunKeepsItsSchedule(t *testing.T) {
	for _, test := range []struct {
		name  string
		start time.Duration // when Run is called, from the epoch
		takes func(uint64) time.Duration
		want  []time.Duration
	}{
		{"from the epoch", 0, nil, ms(10, 20, 30, 40)},
		{"from between two ticks", 3 * time.Millisecond, nil, ms(10, 20, 30, 40)},
		{"from before the epoch", -25 * time.Millisecond, nil, ms(-20, -10, 0, 10)},
		{"readings take most of the interval: no drift", 0,
			func(uint64) time.Duration { return 9 * time.Millisecond }, ms(10, 20, 30, 40)},
		{"one slow reading: its ticks are left out, not bunched", 0, func(n uint64) time.Duration {
			if n == 2 {
				return 15 * time.Millisecond
			}
			return 0
		}, ms(10, 20, 40)},
		{"always slower than the interval", 0, func(uint64) time.Duration { return 12 * time.Millisecond },
			ms(10, 30)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &Probe{sources: []Source{&fake{takes: test.takes}}}
				at := runFor(t, p, time.Now().Add(-test.start), 10*time.Millisecond, 42*time.Millisecond, nil)
				if !slices.Equal(at, test.want) {
					t.Errorf("sampled at %v, want %v", at, test.want)
				}
			})
		})
	}
}

func TestRunIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Probe{sources: []Source{&fake{}}}
		if at := runFor(t, p, time.Now(), 0, 9500*time.Microsecond, nil); len(at) != 9 {
			t.Errorf("an interval of 0 made %d samples in 9.5 ms, want one each millisecond", len(at))
		}
		slowSink := func(Sample) { time.Sleep(25 * time.Millisecond) }
		if at := runFor(t, p, time.Now(), 10*time.Millisecond, 65*time.Millisecond,
			slowSink); !slices.Equal(at, ms(10, 40)) {
			t.Errorf("with a slow sink: %v", at)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		p.Run(ended, time.Now(), time.Millisecond, func(Sample) { t.Error("sampled after the end") })
	})
}

func TestReadKeepsWhatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &fake{err: errors.New("out of order"),
			takes: func(uint64) time.Duration { return 3 * time.Millisecond }}
		p := &Probe{host: "backend", sources: []Source{broken, &fake{}},
			failed: []SourceError{{Source: "gone", Text: "was never there"}}}
		epoch := time.Now()
		time.Sleep(time.Second)
		s := p.Read(epoch)
		if s.Host != "backend" || s.At != time.Second || s.Took != 3*time.Millisecond {
			t.Errorf("host %q at %v took %v", s.Host, s.At, s.Took)
		}
		if want := []SourceError{{Source: "gone", Text: "was never there"},
			{Source: "fake", Text: "out of order"}}; !slices.Equal(s.Errors, want) {
			t.Errorf("errors %v", s.Errors)
		}
		if !slices.IsSortedFunc(s.Listeners, func(a, b Listener) int {
			if a.Addr != b.Addr {
				return map[bool]int{true: -1, false: 1}[a.Addr < b.Addr]
			}
			return int(a.Cookie) - int(b.Cookie)
		}) || len(s.Listeners) != 6 {
			t.Errorf("listeners %v", s.Listeners)
		}
		if s = p.Read(epoch); len(s.Errors) != 1 {
			t.Errorf("a source that could not be opened is told once: %v", s.Errors)
		}
		if err := p.Close(); err != nil || !broken.closed {
			t.Errorf("Close: %v", err)
		}
		if s := p.Read(epoch); len(s.Counters) != 0 || len(s.Errors) != 0 {
			t.Errorf("closed, but reads %v", s)
		}
	})
}

func TestOpenRefusesContradictions(t *testing.T) {
	for _, cfg := range []Config{{Pid: 1, NetNS: "/proc/1/ns/net"}, {Pid: -1}} {
		if p, err := Open(cfg); err == nil {
			p.Close()
			t.Errorf("%+v was opened", cfg)
		}
	}
}

func TestIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"": true, "localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "0.0.0.0": true,
		"::":               true,
		"::ffff:127.0.0.1": true, "192.0.2.1": false, "2001:db8::1": false, "203.0.113.7": false,
	} {
		if IsLocal(host) != want {
			t.Errorf("IsLocal(%q) = %v", host, !want)
		}
	}
	for ip := range ownAddresses() {
		if !IsLocal(ip.String()) {
			t.Errorf("our own %v is not local", ip)
		}
	}
}
