package probe

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// slowFake walks through something.
type slowFake struct {
	fake
	takes time.Duration
}

func (f *slowFake) Name() string { return "slow fake" }
func (f *slowFake) Read(s *Sample) error {
	f.n++
	time.Sleep(f.takes)
	s.Gauges["walked"] = f.n
	return f.err
}

// TestSlowSourceDelaysNoFastOne: 100 Hz stay 100 Hz beside a walk of 130 ms, and each sample says how old
// its share of the walk is.
func TestSlowSourceDelaysNoFastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowFake{takes: 130 * time.Millisecond}
		p := &Probe{sources: []Source{&fake{}}, slow: slowSources{sources: []Source{slow}}}
		epoch := time.Now()
		var at []time.Duration
		var samples []Sample
		ctx, cancel := context.WithTimeout(t.Context(), 1805*time.Millisecond)
		defer cancel()
		p.Run(ctx, epoch, 10*time.Millisecond, func(s Sample) {
			at, samples = append(at, s.At),
				append(samples, s)
		})
		for i, d := range at {
			if want := time.Duration(i+1) * 10 * time.Millisecond; d != want || samples[i].Took != 0 {
				t.Fatalf("sample %d at %v took %v, want %v", i, d, samples[i].Took, want)
			}
		}
		if len(at) != 180 || slow.n != 4 {
			t.Errorf("%d samples, %d walks", len(at), slow.n)
		}
		if g := samples[13].Gauges; len(g) != 0 { // 140 ms: the first walk began at 20
			t.Errorf("before the first walk had ended: %v", g)
		}
		for i, want := range map[int][3]uint64{15: {1, 20_000, 130_000}, 60: {1, 20_000, 130_000},
			64: {2, 500_000, 130_000}, 179: {4, 1_500_000, 130_000}} {
			g := samples[i].Gauges
			if got := [3]uint64{g["walked"], g["slow.at_us"], g["slow.took_us"]}; got != want {
				t.Errorf("sample at %v: %v, want %v", samples[i].At, got, want)
			}
		}
		if _, ok := samples[100].Counters["n"]; !ok {
			t.Error("a sample lost its fast counters")
		}
		if err := p.Close(); err != nil || !slow.closed {
			t.Errorf("Close: %v", err)
		}
		if s := p.ReadAll(epoch); len(s.Gauges) != 0 {
			t.Errorf("closed, but reads %v", s.Gauges)
		}
	})
}

// A source that hangs takes its own values away after a while, and nothing else.
func TestHangingSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowFake{}
		p := &Probe{sources: []Source{&fake{}}, slow: slowSources{sources: []Source{slow}}}
		p.slow.read()
		slow.takes = time.Hour
		time.Sleep(slowEvery)
		go p.slow.read()
		time.Sleep(slowFresh - slowEvery)
		if s := p.Read(time.Now()); s.Gauges["walked"] != 1 || s.Counters["n"] == 0 {
			t.Errorf("while it may still be late: %+v", s)
		}
		time.Sleep(time.Millisecond)
		if s := p.Read(time.Now()); len(s.Gauges) != 0 || s.Counters["n"] == 0 {
			t.Errorf("a stale value is told: %+v", s)
		}
		time.Sleep(2 * time.Hour)
	})
}

// TestReadAllIsBounded: whoever asks in a loop does not walk the tables more than twice a second.
func TestReadAllIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowFake{}
		slow.err = errors.New("out of order")
		p := &Probe{sources: []Source{&fake{}}, slow: slowSources{sources: []Source{slow}}}
		epoch := time.Now()
		var errs []SourceError
		for range 200 {
			errs = append(errs, p.ReadAll(epoch).Errors...)
			time.Sleep(10 * time.Millisecond)
		}
		if slow.n < 4 || slow.n > 5 {
			t.Errorf("%d walks in two seconds", slow.n)
		}
		if want := (SourceError{Source: "slow fake", Text: "out of order"}); len(errs) != int(slow.n) ||
			errs[0] != want {
			t.Errorf("an error is told once a walk: %v", errs)
		}
		slow.err = nil
		time.Sleep(slowEvery)
		if s := p.ReadAll(epoch); len(s.Errors) != 0 {
			t.Errorf("it reads again, but: %v", s.Errors)
		}
		// Before its epoch a reading has a time that no gauge can hold.
		if s := p.ReadAll(time.Now().Add(time.Hour)); s.Gauges["slow.at_us"] != 0 || s.Gauges["walked"] == 0 {
			t.Errorf("%v", s.Gauges)
		}
	})
}

// TestLastWord: what happened since the last walk is in the last sample, and a walk that hangs does not keep
// anyone.
func TestLastWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowFake{takes: 100 * time.Millisecond}
		p := &Probe{sources: []Source{&fake{}}, slow: slowSources{sources: []Source{slow}}}
		epoch := time.Now()
		p.ReadAll(epoch)
		if s := p.Last(epoch); s.Gauges["walked"] != 2 || s.Gauges["slow.at_us"] != 100_000 ||
			s.At != 200*time.Millisecond {
			t.Errorf("right after another walk: %+v", s)
		}
		slow.takes = time.Hour
		if s := p.Last(epoch); s.Gauges["walked"] != 2 || s.Counters["n"] == 0 ||
			s.At != 200*time.Millisecond+slowLast {
			t.Errorf("while a walk hangs: %+v", s)
		}
		time.Sleep(2 * time.Hour)
	})
}
