// Package scenarios runs experiments: it joins load generators, probes and servers on one clock and
// hands what they saw to a Recorder. It decides what is done and in which order; it draws no
// conclusions and writes no files, so the same runner serves the private lab and the user's servers.
package scenarios

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/self"
	"weir/probe"
	"weir/probe/nginxlog"
	"weir/probe/nginxstatus"
)

// Recorder takes what an experiment sees, as it is seen and from many goroutines. Every time in it is
// an offset from the epoch that Run was given.
type Recorder interface {
	Trial(Trial)
	Results(trial int) loadgen.Recorder // of a trial that has begun; it may be loadgen.Sharded
	TrialEnd(TrialEnd)
	Sample(probe.Sample)
	Host(Host)
	Clock(Clock)
	Service(Service)
	Event(Event)
	Access(Access)
	ProxyStatus(nginxstatus.Poll)
	Proxied(p Proxied, example bool) // every request that an access log tells of; an example is worth keeping, whatever became of it
}

// Trial is one plan offered to one lane.
type Trial struct {
	Index int           // from 0, over all lanes
	Role  string        // "": of the load; BaselineRole or RecoveryRole: of an observation
	Lane  string        // its lane's name
	Rate  float64       // req/s where the plan is constant, else 0
	Start time.Duration // set by Run
	Due   int           // requests in the plan
	Plan  plan.Plan
}

// TrialEnd says how a trial ended.
type TrialEnd struct {
	Index     int
	End       time.Duration // the last outcome was known
	Drained   bool          // the listener's Recv-Q was then seen at 0
	DrainedAt time.Duration // when, or when waiting for it was given up
	Generator self.Usage    // over the schedule, or until the end, see measure
}

// Host is what is read of a probed host once before the load and once after it.
type Host struct {
	Host string
	At   time.Duration
	probe.Snapshot
}

// Clock is what is known of the clock of a probe on another machine.
type Clock struct {
	Host       string
	At         time.Duration  // when that was known
	Method     string         // "ping", or "arrival" where the probe answers none
	Offset     time.Duration  // what is added to the probe's own times, of the samples that follow
	Early      *time.Duration // the truth may be this much earlier; nil: nothing bounds it
	Late       time.Duration  // or this much later
	RTT        time.Duration  // of the ping that this rests on
	Ahead      time.Duration  // the wall clock there minus ours
	PingOffset *time.Duration // the offset by the latest ping alone, which is right within half of PingRTT; nil: there was none
	PingRTT    *time.Duration
}

// Service sums up busy periods of a backend's workers that stamp them.
type Service struct {
	Host  string
	At    time.Duration
	Count uint64
	Sum   time.Duration
	SumSq float64 // of seconds squared
}

// Event counts log lines of one class within a tenth of a second; Text is one of them.
type Event struct {
	Host   string
	At     time.Duration
	Source string
	Class  string
	Count  uint64
	Text   string
	Took   time.Duration // of a health check, else 0
}

// Access sums what lines of an access log say of the requests of one trial, which is named by its start as
// X-Request-Id has it, in whole milliseconds. A try is one attempt at one upstream server.
type Access struct {
	Host        string
	At          time.Duration // beginning of the tenth of a second in which the lines were read
	TrialStart  time.Duration
	Requests    uint64         // a line each
	Tries       uint64         // at servers
	Retried     uint64         // requests with more than one
	Saved       uint64         // of Retried: answered below 500 in the end
	Hidden      map[int]uint64 // of Saved: what their failed tries ended in, by upstream status
	Unconnected uint64         // tries that got no connection
	Connect     time.Duration  // all tries' time in connecting,
	Header      time.Duration  // in waiting for a response header,
	Body        time.Duration  // and in the rest of the response
	Foreign     uint64         // lines of requests that are none of this run's; then nothing else is counted
	Unread      uint64         // lines that are not in the log_format; the same
}

// Proxied is one request as an access log tells it.
type Proxied struct {
	Host       string
	At         time.Duration // when its line was read
	TrialStart time.Duration // see Access
	Seq        int           // position in the plan
	Request    nginxlog.Request
}

// Lane is one path to the backend.
type Lane struct {
	Name         string
	Target       loadgen.Target
	Engine       loadgen.Engine
	EngineName   string
	Mode         string         // LossMode or RetrialMode
	Deadline     time.Duration  // later than this after due, an answer is no use to the caller
	Proxy        *ProxyTimeouts // nil: no proxy on the path is known
	Listener     string         // the probed listener whose queue must be empty between trials; "" where none is known
	ListenerHost string
}

// ProxyTimeouts are how long a proxy waits for the backend.
type ProxyTimeouts struct {
	Connect, Read time.Duration // proxy_connect_timeout and proxy_read_timeout
	Source        string        // where they are known from
}

// A Watcher observes something for as long as the experiment lasts: a probe, a log, a backend's stamps.
// It returns when ctx ends.
type Watcher func(ctx context.Context, epoch time.Time, rec Recorder)

// Experiment is a sequence of trials and all that watches them.
type Experiment struct {
	Lanes       []Lane
	Trials      []Trial      // in the order in which they are run
	Search      *Search      // chooses the trials as it goes, in place of those; nil: none
	Observation *Observation // before and after each lane's load; nil: none
	Watchers    []Watcher
	Deeds       []Deed        // in every trial
	SampleEvery time.Duration // of the fastest probe; 0: no probe, so draining cannot be seen
	Baseline    time.Duration // quiet time before the first trial
	Rest        time.Duration // quiet time after each trial's queue was empty: a busy worker still has to finish
	DrainLimit  time.Duration // how long an emptying queue is waited for

	numbered atomic.Int64 // requests that have their number in the run
}

// number gives so many requests their numbers, from first on: all that the run sends are told apart by them.
func (e *Experiment) number(requests int) (first int) {
	return int(e.numbered.Add(int64(requests))) - requests
}

// Run offers every trial in turn, each after the one before has drained, and returns when the last has.
// If ctx ends first, the trial under way is ended and recorded and ctx's error is returned.
func (e *Experiment) Run(ctx context.Context, epoch time.Time, rec Recorder) error {
	seen := &tally{Recorder: rec}
	if e.Search != nil {
		rec = seen
	}
	tap := newQueueTap(rec)
	stop := e.watch(ctx, epoch, tap)
	defer stop()
	if err := sleep(ctx, e.Baseline); err != nil {
		return err
	}
	if e.Search != nil {
		return e.search(ctx, epoch, seen, tap)
	}
	if err := e.baseline(ctx, epoch, tap); err != nil {
		return err
	}
	for _, t := range e.Trials {
		lane, err := e.lane(t.Lane)
		if err != nil {
			return err
		}
		if err := e.trial(ctx, epoch, lane, t, tap); err != nil {
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

// watch starts the watchers. The function it returns ends them and waits until they have recorded all they saw.
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
