// Package scenarios runs experiments: it joins load generators, probes and servers on one clock and
// writes what they saw into the record of the run. It decides what is done and in which order; it draws no
// conclusions and opens no files, so the same runner serves the private lab and the user's servers.
package scenarios

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/report/runfile"
)

// Recorder takes what an experiment sees, as it is seen and from many goroutines. Every time in it is an
// offset from the epoch that Run was given. A record that cannot be kept ends no load: whoever opened the
// Recorder asks it for its first error (runfile.Recorder.Err).
type Recorder interface {
	Write(runfile.Record) error
	Results(trial int) *count.Counter // of a trial that has begun; called once for each
}

// Lane is one path to the backend.
type Lane struct {
	Name       string
	Target     loadgen.Target
	Engine     loadgen.Engine
	EngineName string
	Mode       string                 // LossMode or RetrialMode
	Deadline   time.Duration          // later than this after due, an answer is no use to the caller
	Proxy      *runfile.ProxyTimeouts // nil: no proxy on the path is known
	// the probed listener whose queue must be empty between trials; "" where none is known
	Listener     string
	ListenerHost string
}

// A Watcher observes something for as long as the experiment lasts: a probe, a log, a backend's stamps.
// It returns when ctx ends.
type Watcher func(ctx context.Context, epoch time.Time, rec Recorder)

// Experiment is a sequence of trials and all that watches them.
type Experiment struct {
	Lanes       []Lane
	Trials      []runfile.Trial // in the order in which they are run
	Search      *Search         // chooses the trials as it goes, in place of those; nil: none
	Observation *Observation    // before and after each lane's load; nil: none
	Watchers    []Watcher
	Deeds       []Deed        // in every trial
	SampleEvery time.Duration // of the fastest probe; 0: no probe, so draining cannot be seen
	Baseline    time.Duration // quiet time before the first trial
	// quiet time after each trial's queue was empty: a busy worker still has to finish
	Rest       time.Duration
	DrainLimit time.Duration // how long an emptying queue is waited for

	MaxDuration time.Duration // of the load, from the epoch; 0: no limit

	numbered atomic.Int64 // requests that have their number in the run
}

// number gives so many requests their numbers, from first on: all that the run sends are told apart by them.
func (e *Experiment) number(requests int) (first int) {
	return int(e.numbered.Add(int64(requests))) - requests
}

// run offers every trial in turn, each after the one before has drained, and returns when the last has.
func (e *Experiment) run(ctx context.Context, epoch time.Time, rec Recorder) error {
	tap := newQueueTap(rec)
	stop := e.watch(ctx, epoch, tap)
	defer stop()
	if err := sleep(ctx, e.Baseline); err != nil {
		return err
	}
	if e.Search != nil {
		return e.search(ctx, epoch, tap)
	}
	if err := e.baseline(ctx, epoch, tap); err != nil {
		return err
	}
	for _, t := range e.Trials {
		lane, err := e.lane(t.Lane)
		if err != nil {
			return err
		}
		if _, err := e.trial(ctx, epoch, lane, t, tap, nil); err != nil {
			return err
		}
	}
	return nil
}

func (e *Experiment) lane(name string) (Lane, error) {
	for _, l := range e.Lanes {
		if l.Name == name {
			return l, nil
		}
	}
	return Lane{}, fmt.Errorf("the plan has a trial for lane %q, which the experiment does not have", name)
}

// watch starts the watchers. The function it returns ends them and waits until they have recorded all they
// saw.
func (e *Experiment) watch(ctx context.Context, epoch time.Time, rec Recorder) (stop func()) {
	// An interrupted run still needs its last samples and log lines: watchers end when Run does, not before.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{}, len(e.Watchers))
	for _, w := range e.Watchers {
		go func() {
			w(ctx, epoch, rec)
			done <- struct{}{}
		}()
	}
	return func() {
		cancel()
		for range e.Watchers {
			<-done
		}
	}
}
