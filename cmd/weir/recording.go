package main

import (
	"time"

	"weir/loadgen"
	"weir/probe"
	"weir/probe/nginxstatus"
	"weir/report/analysis/gate"
	"weir/report/runfile"
	"weir/scenarios"
)

// recording is where the runner meets the record: neither imports the other. The record keeps its first
// error; execute asks for it at the end.
type recording struct {
	*runfile.Recorder
	ui   *progress
	live *gate.Live // nil: nothing can end the load early
}

func (r recording) Trial(t scenarios.Trial) {
	r.ui.trial(t)
	if r.live != nil && t.Role == "" {
		r.live.Trial(t.Index, t.Lane, t.Start, t.Plan)
	}
	_ = r.Recorder.Trial(runfile.Trial{Index: t.Index, Role: t.Role, Lane: t.Lane, Rate: t.Rate, Start: t.Start, Due: t.Due, Plan: t.Plan})
}

func (r recording) Results(trial int) loadgen.Recorder {
	results := r.Recorder.Results(trial)
	if r.ui.observes(trial) { // its requests are not the load's
		return results
	}
	if r.live != nil {
		results = r.live.Results(trial, results)
	}
	return counted{r.ui, results}
}

// counted lets the progress line count what is recorded.
type counted struct {
	ui  *progress
	rec loadgen.Recorder
}

func (c counted) Record(r loadgen.Result) {
	c.ui.result(r)
	c.rec.Record(r)
}

func (c counted) Shard() loadgen.Recorder { return counted{c.ui, loadgen.ShardOf(c.rec)} }

func (c counted) Unwrap() loadgen.Recorder { return c.rec }

func (r recording) TrialEnd(e scenarios.TrialEnd) {
	_ = r.Recorder.TrialEnd(runfile.TrialEnd{
		Index: e.Index, End: e.End, Drained: e.Drained, DrainedAt: e.DrainedAt, Generator: runfile.Generator(e.Generator),
	})
	if r.ui.observes(e.Index) {
		return
	}
	r.ui.trialEnd()
	if r.live != nil {
		r.live.TrialEnd()
	}
}

func (r recording) Sample(s probe.Sample) {
	r.ui.sample(s)
	if r.live != nil {
		r.live.Sample(s)
	}
	_ = r.Recorder.Sample(s)
}

func (r recording) Host(h scenarios.Host)       { _ = r.Recorder.Host(runfile.Host(h)) }
func (r recording) Clock(c scenarios.Clock)     { _ = r.Recorder.Clock(runfile.Clock(c)) }
func (r recording) Service(s scenarios.Service) { _ = r.Recorder.Service(runfile.Service(s)) }
func (r recording) Event(e scenarios.Event)     { _ = r.Recorder.Event(runfile.Event(e)) }
func (r recording) Access(a scenarios.Access)   { _ = r.Recorder.Access(runfile.Access(a)) }
func (r recording) ProxyStatus(p nginxstatus.Poll) {
	_ = r.Recorder.ProxyStatus(p)
}

func (r recording) Proxied(p scenarios.Proxied, example bool) {
	_ = r.Recorder.Proxied(runfile.Proxied(p), example)
}

// header is what the record says before the load.
func header(s *scenarios.Setup, epoch time.Time, command []string, seed uint64) runfile.Header {
	h := runfile.Header{
		Version: version(), Name: s.Name, Claim: s.Claim, Command: command, Epoch: epoch.UTC(), Seed: seed,
		Environment: s.Environment, Capacity: runfile.Capacity(s.Capacity), TrialsTotal: len(s.Trials), Pairs: s.Pairs,
	}
	if s.Search != nil {
		h.Search = &s.Search.Spec
	}
	for _, w := range s.Warnings {
		h.Warnings = append(h.Warnings, runfile.Warning(w))
	}
	for _, l := range s.Lanes {
		h.Lanes = append(h.Lanes, runfile.Lane{
			Proxy: (*runfile.ProxyTimeouts)(l.Proxy),
			Name:  l.Name, URL: l.Target.URL, Mode: l.Mode, Engine: l.EngineName, Connections: l.Target.Connections, Close: l.Target.Close,
			ConnectTimeout: l.Target.ConnectTimeout, Timeout: l.Target.Timeout, MaxInFlight: l.Target.MaxInFlight,
			Deadline: l.Deadline, Listener: l.Listener, ListenerHost: l.ListenerHost,
			Options: options(l.Target, l.EngineName),
		})
	}
	return h
}

// options is how a lane's generator is set.
func options(t loadgen.Target, engine string) *runfile.Options {
	o := &runfile.Options{
		RequestsPerConnection: t.RequestsPerConnection, IdleTimeout: t.IdleTimeout, MaxIdle: t.MaxIdle, LocalAddrs: t.LocalAddrs,
		MaxBody: t.MaxBody, RequestIDs: t.RequestIDs, Insecure: t.Insecure, Requests: len(t.Requests),
	}
	if engine == "epoll" { // no other has one
		o.WakeQuantum = t.WakeQuantum
	}
	if t.Network == "unix" {
		o.Address = t.Address
	}
	return o
}
