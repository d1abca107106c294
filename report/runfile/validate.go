package runfile

import (
	"errors"
	"fmt"
	"math"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe/nginxlog"
)

// What no run reaches. A record that does was damaged or made to harm whoever reads it.
const (
	maxTime         = 366 * 24 * time.Hour
	maxOffset       = 100 * 366 * 24 * time.Hour
	maxRate         = 1e9 // req/s
	maxTrials       = 100_000
	maxStages       = 10_000
	maxLanes        = 64
	maxServiceTimes = 10_000
	maxHosts        = 64
	maxLevels       = 4096 // counters or gauges of a host
	maxOutcomes     = 128  // in a bin; more than are defined, so that later versions may add some
	maxLost         = 255  // SYNs of a connection: tcp_syn_retries is a byte
	maxAddresses    = 4096 // of a lane's own
	maxTries        = 64   // of a request; more than a log's reader keeps
	maxName         = 4096 // bytes of a string that is a name, an address or an example
)

// MaxAssertions bounds those of a run.
const MaxAssertions = 1000

func validate(rec Record) error {
	switch rec := rec.(type) {
	case *Header:
		return rec.validate()
	case *Trial:
		return errors.Join(index(rec.Index), times(rec.Start), rates(rec.Rate), names(rec.Lane, rec.Role),
			whole("due", rec.Due), whole("first", rec.Plan.First), stages(rec.Plan))
	case *TrialEnd:
		g := rec.Generator
		return errors.Join(index(rec.Index), times(rec.End, rec.DrainedAt, g.CPU, g.Wall),
			whole("cpus", g.CPUs), whole("loops", g.Loops), shares(g.LoopCPU, g.LoopDelay))
	case *Bin:
		if rec.At%BinWidth != 0 {
			return fmt.Errorf("a bin begins at %v, which is no multiple of %v", rec.At, BinWidth)
		}
		return errors.Join(index(rec.Trial), times(rec.At), outcomes(rec.Due), outcomes(rec.Done),
			connects(rec.Connects), connects(rec.Unanswered))
	case *Phases:
		return index(rec.Trial)
	case *Failure:
		r := rec.Result
		return errors.Join(index(rec.Trial), whole("seq", r.Seq), names(string(r.Outcome)),
			times(r.Due, r.Sent, r.Connected, r.Written, r.FirstByte, r.Done))
	case *Sample:
		return errors.Join(rec.Check(), times(rec.At, rec.Took))
	case *Host:
		return errors.Join(rec.Check(), names(rec.Host), times(rec.At))
	case *Clock:
		return rec.validate()
	case *Service:
		if math.IsNaN(rec.SumSq) || math.IsInf(rec.SumSq, 0) || rec.SumSq < 0 {
			return fmt.Errorf("the sum of squares is %v", rec.SumSq)
		}
		return errors.Join(names(rec.Host), times(rec.At, rec.Sum))
	case *Event:
		return errors.Join(names(rec.Host, rec.Source, rec.Class, rec.Text), times(rec.At, rec.Took))
	case *Access:
		if len(rec.Hidden) > 1000 {
			return fmt.Errorf("more than a thousand statuses")
		}
		return errors.Join(names(rec.Host), times(rec.At, rec.TrialStart),
			sums(rec.Connect, rec.Header, rec.Body))
	case *ProxyStatus:
		return errors.Join(names(rec.Host, rec.Error), times(rec.At, rec.Took))
	case *Proxied:
		return errors.Join(names(rec.Host), times(rec.At, rec.TrialStart), whole("seq", rec.Seq),
			request(&rec.Request))
	case *Footer:
		return errors.Join(names(rec.Reason), times(rec.At))
	}
	return nil
}

// validate lets offsets be negative, and as large as wall clocks can differ.
func (c *Clock) validate() error {
	for _, d := range []*time.Duration{c.Early, c.PingRTT} {
		if d != nil && (*d < 0 || *d > maxOffset) {
			return fmt.Errorf("%v is no uncertainty of a clock", *d)
		}
	}
	for _, d := range []*time.Duration{&c.Offset, &c.Ahead, c.PingOffset} {
		if d != nil && (*d < -maxOffset || *d > maxOffset) {
			return fmt.Errorf("%v is no offset of a clock", *d)
		}
	}
	if (c.PingOffset == nil) != (c.PingRTT == nil) {
		return errors.New("a ping has an offset and a round trip")
	}
	return errors.Join(names(c.Host, c.Method), times(c.At, c.Late, c.RTT))
}

func (h *Header) validate() error {
	if len(h.Lanes) > maxLanes {
		return fmt.Errorf("more than %d lanes", maxLanes)
	}
	seen := map[string]bool{}
	for _, l := range h.Lanes {
		if seen[l.Name] {
			return fmt.Errorf("two lanes are named %.40q", l.Name)
		}
		seen[l.Name] = true
		if l.Mode != Loss && l.Mode != Retrial {
			return fmt.Errorf("lane %.40q: the mode is %.40q, want %s or %s", l.Name, l.Mode, Loss, Retrial)
		}
		if err := errors.Join(times(l.ConnectTimeout, l.Timeout, l.Deadline),
			names(l.Name, l.URL, l.Listener, l.ListenerHost), l.Options.validate()); err != nil {
			return fmt.Errorf("lane %.40q: %w", l.Name, err)
		}
	}
	if err := h.Asked.validate(); err != nil {
		return err
	}
	if h.Search != nil {
		if err := h.Search.Validate(); err != nil {
			return err
		}
	}
	c := h.Capacity
	if len(c.ServiceTimes) > maxServiceTimes {
		return fmt.Errorf("more than %d service times", maxServiceTimes)
	}
	return errors.Join(names(h.Name, c.WorkersSource, c.WorkersEvidence), times(c.ServiceTime),
		times(c.ServiceTimes...), whole("workers", c.Workers),
		whole("worker connections", c.WorkerConnections), whole("trials", h.TrialsTotal),
		whole("pairs", h.Pairs))
}

func (o *Options) validate() error {
	if o == nil {
		return nil
	}
	if len(o.LocalAddrs) > maxAddresses {
		return fmt.Errorf("more than %d local addresses", maxAddresses)
	}
	return errors.Join(times(o.IdleTimeout, o.WakeQuantum), names(o.Address),
		whole("requests per connection", o.RequestsPerConnection),
		whole("idle connections", o.MaxIdle), whole("bytes of body", o.MaxBody),
		whole("requests", o.Requests))
}

func (a *Asked) validate() error {
	if a == nil {
		return nil
	}
	if len(a.Assertions) > MaxAssertions {
		return fmt.Errorf("more than %d assertions", MaxAssertions)
	}
	for _, one := range a.Assertions {
		if err := names(one.Expr, one.Name); err != nil {
			return fmt.Errorf("an assertion: %w", err)
		}
	}
	return nil
}

func index(i int) error {
	if i < 0 || i >= maxTrials {
		return fmt.Errorf("trial %d: not from 0 to %d", i, maxTrials-1)
	}
	return nil
}

func whole(what string, n int) error {
	if n < 0 || n > math.MaxInt32 {
		return fmt.Errorf("%s is %d, not a count", what, n)
	}
	return nil
}

func times(ts ...time.Duration) error {
	for _, t := range ts {
		if t < 0 || t > maxTime {
			return fmt.Errorf("%v is no time in a run: not from 0 to %v", t, maxTime)
		}
	}
	return nil
}

// sums are times that were added up over any number of requests.
func sums(ts ...time.Duration) error {
	for _, t := range ts {
		if t < 0 {
			return fmt.Errorf("times add up to %v", t)
		}
	}
	return nil
}

func request(r *nginxlog.Request) error {
	if len(r.Tries) > maxTries || r.More < 0 || r.Status < 0 || r.Status > 999 {
		return fmt.Errorf("a request with status %d, %d tries and %d more", r.Status, len(r.Tries), r.More)
	}
	optional := func(ts ...*time.Duration) error {
		for _, t := range ts {
			if t != nil && times(*t) != nil {
				return times(*t)
			}
		}
		return nil
	}
	err := optional(r.Took)
	for _, t := range r.Tries {
		if t.Status < 0 || t.Status > 999 {
			err = fmt.Errorf("a try with status %d", t.Status)
		}
		err = errors.Join(err, names(t.Addr), optional(t.Connect, t.Header, t.Response))
	}
	return err
}

func rates(rs ...float64) error {
	for _, r := range rs {
		if !(r >= 0 && r <= maxRate) { // false for NaN
			return fmt.Errorf("%v req/s is no rate: not from 0 to %g", r, maxRate)
		}
	}
	return nil
}

// shares are of one processor, and a little more than 1 where two clocks differ.
func shares(ss ...*float64) error {
	for _, s := range ss {
		if s != nil && !(*s >= 0 && *s <= 2) {
			return fmt.Errorf("%v is no share of a processor", *s)
		}
	}
	return nil
}

func names(ss ...string) error {
	for _, s := range ss {
		if len(s) > maxName {
			return fmt.Errorf("a text of %d bytes, the limit is %d", len(s), maxName)
		}
	}
	return nil
}

func stages(p plan.Plan) error {
	if len(p.Stages) > maxStages {
		return fmt.Errorf("more than %d stages", maxStages)
	}
	for _, s := range p.Stages {
		if err := errors.Join(times(s.Duration), rates(s.From, s.To)); err != nil {
			return err
		}
	}
	return nil
}

func connects(all []Connects) error {
	if len(all) > maxLost {
		return fmt.Errorf("more than %d numbers of lost SYNs", maxLost)
	}
	for _, c := range all {
		if c.Lost < 1 || c.Lost > maxLost || c.Sum < 0 {
			return fmt.Errorf("handshakes of %v with %d lost SYNs", c.Sum, c.Lost)
		}
	}
	return nil
}

func outcomes(counts map[loadgen.Outcome]uint64) error {
	if len(counts) > maxOutcomes {
		return fmt.Errorf("more than %d outcomes", maxOutcomes)
	}
	for o := range counts {
		if len(o) > 64 {
			return fmt.Errorf("an outcome named %.40q…", o)
		}
	}
	return nil
}
