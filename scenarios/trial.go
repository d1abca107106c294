package scenarios

import (
	"cmp"
	"context"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/self"
	"weir/probe"
	"weir/report/runfile"
)

// lead is the time between the decision to start a trial and its first due request, so that the
// engine's own start-up is not counted as lag.
const lead = 50 * time.Millisecond

// trial runs a trial to its end and says what it cost the generator. Its results are added up in total, if
// that is wanted.
func (e *Experiment) trial(ctx context.Context, epoch time.Time, lane Lane, t runfile.Trial, tap *queueTap,
	total *count.Bin) (self.Usage, error) {
	t.Start, t.Plan.First = time.Since(epoch)+lead, e.number(t.Due)
	tap.Write(&t)
	results := tap.Results(t.Index)
	if total != nil {
		results.Watch(func(d *count.Reading) {
			for _, b := range d.Bins {
				total.Merge(b)
			}
		})
	}
	acted := e.act(ctx, epoch, t.Start, tap)
	recovered := e.recovery(ctx, epoch, lane, t, tap)
	used := measure(t.Plan.Duration() + lead)
	err := lane.Engine.Run(ctx, epoch, t.Start, t.Plan, results)
	end := runfile.TrialEnd{Index: t.Index, Generator: loops(used(), lane.Engine), End: time.Since(epoch)}
	results.Read()
	acted()
	if err == nil {
		end.Drained, err = e.drain(ctx, epoch, lane, end.End, tap)
	}
	end.DrainedAt = time.Since(epoch)
	tap.Write(&end)
	if err := cmp.Or(err, recovered()); err != nil {
		return end.Generator, err
	}
	return end.Generator, sleep(ctx, e.restAfter(t))
}

// lastRest is enough for the last stamps and samples: no trial follows that a busy worker would disturb.
const lastRest = 500 * time.Millisecond

func (e *Experiment) restAfter(t runfile.Trial) time.Duration {
	if n := len(e.Trials); n > 0 && t.Index == e.Trials[n-1].Index {
		return min(e.Rest, lastRest)
	}
	return e.Rest
}

// measure measures this process from now on; used says what it used until then or, where it asked for more of
// the processors in that time, for the length of the schedule: a generator that had none while it sent must
// not look rested because it then waits for a hung server's timeouts.
func measure(schedule time.Duration) (used func() self.Usage) {
	usage := self.Measure()
	sent := make(chan self.Usage, 1)
	timer := time.AfterFunc(schedule, func() { sent <- usage() })
	return func() self.Usage {
		if timer.Stop() { // the engine ended before
			return usage()
		}
		return self.Heavier(<-sent, usage())
	}
}

// loops adds what the engine says of its loops to what the process used.
func loops(u self.Usage, e loadgen.Engine) self.Usage {
	looped, ok := e.(loadgen.Looped)
	if !ok {
		return u
	}
	n, most := looped.LastLoops()
	if u.Loops = n; most != nil {
		u.LoopCPU, u.LoopDelay = &most.CPU, &most.Delay
	}
	return u
}

// gone is for how long samples of its host do without a listener that they showed before, until nobody waits
// for its queue any more. A server that restarts is back sooner, and a probe that stalls shows nothing else
// either.
const gone = 3 * time.Second

// drain waits until a sample that was taken after since shows the lane's queue empty. Without that the
// next trial would begin with the debts of this one. A queue whose listener is gone is not seen empty.
func (e *Experiment) drain(ctx context.Context, epoch time.Time, lane Lane, since time.Duration,
	tap *queueTap) (bool, error) {
	if lane.Listener == "" || e.SampleEvery == 0 {
		return false, nil
	}
	for time.Since(epoch) < since+e.DrainLimit {
		l := tap.listener(lane)
		if l.Sockets > 0 && l.At > since && l.Sum == 0 { // all sockets of its address
			return true, nil
		}
		if l.At-max(since, l.Seen) > gone {
			return false, nil
		}
		if err := sleep(ctx, e.SampleEvery); err != nil {
			return false, err
		}
	}
	return false, nil
}

// queueTap passes everything on to a Recorder, and keeps account of the listeners of every host.
type queueTap struct {
	Recorder
	mu       sync.Mutex
	accounts probe.Accounts
}

func newQueueTap(rec Recorder) *queueTap {
	return &queueTap{Recorder: rec, accounts: probe.Accounts{}}
}

func (q *queueTap) Write(rec runfile.Record) error {
	if s, ok := rec.(*runfile.Sample); ok {
		q.mu.Lock()
		q.accounts.Add(s.Sample)
		q.mu.Unlock()
	}
	return q.Recorder.Write(rec)
}

// listener is how the lane's listener stood in the last sample of its host.
func (q *queueTap) listener(lane Lane) probe.State {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.accounts.State(lane.ListenerHost, lane.Listener)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
