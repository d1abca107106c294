package gate

import (
	"fmt"
	"sync"
	"time"
	tenths "weir/loadgen/count"

	"weir/loadgen/plan"
	"weir/probe"
)

// Live holds the assertions that end with abort against a run while it goes on. It is fed with what the run sees, in
// any order and from any goroutine, and asked now and then.
//
// It says of an assertion that it failed only where nothing that may still come could mend it: requests that the plan
// has yet to make due, and those without an outcome, may turn out either way (as canceled ones do after a run), and
// what the kernel counts only grows. No verdict of the whole run could then be another.
type Live struct {
	asserts []Assertion

	mu       sync.Mutex
	lanes    []*liveLane
	trials   []*liveTrial // by index; nil: has not begun
	running  *liveTrial   // nil: none
	accounts probe.Accounts
	last     *liveSample // the last whole one of the trial that is running; nil: none yet
	failed   *Failed     // once found
}

// liveSample is a sample with the account of the listener that the running trial's load goes to.
type liveSample struct {
	probe.Sample
	listener probe.State
}

// liveLane is what a lane showed so far.
type liveLane struct {
	PlannedLane
	host    string
	windows map[time.Duration]int // of each length, in all its trials

	outcomes         map[string]uint64
	late             uint64
	synRetrans       uint64
	slowest          time.Duration
	overflows, drops *uint64 // nil: not read
	listenDrops      *uint64
	deepest          *uint32
}

// Watched is what Live has to know of a lane beside its plan.
type Watched struct {
	PlannedLane
	ListenerHost string
}

// NewLive returns nil where no assertion ends with abort.
func NewLive(asserts []Assertion, lanes []Watched) *Live {
	l := &Live{accounts: probe.Accounts{}}
	for _, a := range asserts {
		if a.Abort {
			l.asserts = append(l.asserts, a)
		}
	}
	if len(l.asserts) == 0 {
		return nil
	}
	for _, w := range lanes {
		lane := &liveLane{PlannedLane: w.PlannedLane, host: w.ListenerHost, windows: map[time.Duration]int{}, outcomes: map[string]uint64{}}
		for _, a := range l.asserts {
			if a.Over > 0 {
				lane.windows[a.Over], _ = w.fitting(a.Over)
			}
		}
		l.lanes = append(l.lanes, lane)
	}
	return l
}

// Trial begins one. Its requests are due at start and later.
func (l *Live) Trial(index int, lane string, start time.Duration, p plan.Plan) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range l.lanes {
		if of.Name != lane {
			continue
		}
		for len(l.trials) <= index {
			l.trials = append(l.trials, nil)
		}
		l.running, l.last = newLiveTrial(of, start, p), nil
		l.trials[index] = l.running
	}
}

// TrialEnd ends the trial that began last, with its windows.
func (l *Live) TrialEnd() {
	l.Check() // of its last windows: from now on only the next trial's are looked at
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = nil
}

// Watch takes what is counted of a trial that has begun.
func (l *Live) Watch(index int, c *tenths.Counter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if index >= len(l.trials) || l.trials[index] == nil {
		return
	}
	t := l.trials[index]
	c.Watch(func(r *tenths.Reading) {
		l.mu.Lock()
		defer l.mu.Unlock()
		t.see(r)
	})
}

// Sample takes what a probe read.
func (l *Live) Sample(s probe.Sample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts.Add(s)
	t := l.running
	if t == nil || t.lane.host != s.Host || s.At < t.start {
		return
	}
	now := &liveSample{s, l.accounts.State(s.Host, t.lane.Listener)}
	if t.sample(now, l.last); now.listener.Whole() {
		l.last = now
	}
}

// Failed says of an assertion why the load need not go on.
type Failed struct {
	Lane string
	Result
}

func (f *Failed) Error() string {
	return fmt.Sprintf("%s: the assertion %q has failed, whatever may still come: %s; %s", f.Lane, f.Expr, f.Measured, f.Reason.Text)
}

// Check returns the first assertion that is certainly failed, if any is.
func (l *Live) Check() *Failed {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	if l.running != nil {
		defer l.running.settle()
	}
	for _, a := range l.asserts {
		for _, lane := range l.lanes {
			if t := a.Terms[0]; t.Lane != "" && t.Lane != lane.Name {
				continue
			}
			if i, failed := l.check(a, lane); failed {
				l.failed = &Failed{lane.Name, a.result(i, Fail)}
				return l.failed
			}
		}
	}
	return nil
}
