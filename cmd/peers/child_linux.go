package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/epoll"
	"weir/loadgen/plan"
	"weir/loadgen/self"
	"weir/report/runfile"
)

func (o order) plan() plan.Plan {
	p := plan.Plan{Stages: []plan.Stage{{From: o.Rate, To: o.Rate, Duration: o.Duration}}, Arrival: plan.Constant, Seed: 1}
	if o.Poisson {
		p.Arrival = plan.Poisson
	}
	return p
}

// target is what `weir run` makes of the same: with an id in each request, by which a proxy's log is joined to it.
func (o order) target() loadgen.Target {
	t := loadgen.Target{
		URL: o.URL, Connections: loadgen.New, Timeout: o.Timeout, ConnectTimeout: o.Timeout, MaxInFlight: o.MaxInFlight, RequestIDs: true, WakeQuantum: o.Quantum,
	}
	if o.Reuse {
		t.Connections = loadgen.Reuse
	}
	return t
}

func decode(arg string) (o order, err error) {
	if err := json.Unmarshal([]byte(arg), &o); err != nil {
		return o, fmt.Errorf("order %q: %w", arg, err)
	}
	return o, nil
}

// weirChild does what `weir run` does for one trial: the engine, and the whole record of it in a file.
func weirChild(ctx context.Context, arg string) error {
	o, err := decode(arg)
	if err != nil {
		return err
	}
	if _, err := self.RaiseFileLimit(); err != nil {
		return err
	}
	engine, err := epoll.New(o.target())
	if err != nil {
		return err
	}
	w, err := runfile.Create(o.Dir)
	if err != nil {
		return err
	}
	epoch := time.Now()
	rec, err := runfile.NewRecorder(w, o.header(epoch))
	if err != nil {
		return err
	}
	looked, err := o.trial(ctx, engine, epoch, rec)
	if err := errors.Join(err, rec.Close("complete")); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(account{Dir: o.Dir, Memory: looked})
}

const lane = "server"

func (o order) header(epoch time.Time) runfile.Header {
	t := o.target()
	return runfile.Header{
		Version: release, Name: "peers", Epoch: epoch.UTC(), Seed: 1, TrialsTotal: 1,
		Lanes: []runfile.Lane{{
			Name: lane, URL: t.URL, Mode: runfile.Loss, Engine: "epoll", Connections: t.Connections,
			ConnectTimeout: t.ConnectTimeout, Timeout: t.Timeout, MaxInFlight: t.MaxInFlight, Deadline: t.Timeout,
		}},
	}
}

func (o order) trial(ctx context.Context, engine loadgen.Engine, epoch time.Time, rec *runfile.Recorder) ([]memory, error) {
	p := o.plan()
	start := time.Since(epoch) + 50*time.Millisecond
	if err := rec.Write(&runfile.Trial{Lane: lane, Rate: o.Rate, Start: start, Due: p.Count(), Plan: p}); err != nil {
		return nil, err
	}
	looked := watch(epoch.Add(start), o.Watch)
	stop := self.Measure()
	if err := engine.Run(ctx, epoch, start, p, rec.Results(0)); err != nil {
		return nil, err
	}
	u, end := stop(), time.Since(epoch)
	return looked(), rec.Write(&runfile.TrialEnd{
		End: end, Drained: true, DrainedAt: end, Generator: runfile.Generator(u),
	})
}

// watch looks at the process's memory once at rest and, where there is an interval, from then on until the
// end. It stops no thread of the engine's for that, as runtime.ReadMemStats would.
func watch(began time.Time, every time.Duration) (end func() []memory) {
	if every == 0 {
		return func() []memory { return nil }
	}
	runtime.GC()
	all := append(make([]memory, 0, 1000), look(began))
	stop := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				all = append(all, look(began))
			case <-stop:
				return
			}
		}
	})
	return func() []memory {
		close(stop)
		looking.Wait()
		return all
	}
}

func look(began time.Time) memory {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(s)
	m := memory{At: time.Since(began), Heap: s[0].Value.Uint64() + s[1].Value.Uint64(), Stacks: s[2].Value.Uint64()}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := bytes.Fields(text); len(f) > 1 {
			pages, _ := strconv.ParseUint(string(f[1]), 10, 64)
			m.RSS = pages * uint64(os.Getpagesize())
		}
	}
	return m
}
