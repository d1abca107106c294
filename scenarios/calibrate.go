package scenarios

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// Calibration sends at most this many requests one after the other, for at most this long.
const (
	calibrationRequests = 30
	calibrationTime     = 5 * time.Second
)

// calibrate measures the service time where none was stated: the median of requests sent one at a
// time, so that at most one worker is busy (ρ ≤ 1/workers) and nothing queues. What it sees from outside is
// connect to last byte; the worker's busy period also has its close and accept, 3 to 6 % more on 20 ms.
func (s *Setup) calibrate(ctx context.Context) error {
	if s.Capacity.ServiceTime > 0 || s.Capacity.Workers == 0 {
		return nil
	}
	lane := s.Lanes[0]
	var took []time.Duration
	began := time.Now()
	for len(took) < calibrationRequests && time.Since(began) < calibrationTime {
		r, err := s.once(ctx, lane)
		if err != nil {
			return err
		}
		if r.Outcome != loadgen.OK {
			return fmt.Errorf("measuring the service time: request %d to %s ended in %s although it was alone; give --service-time, or mend the server first",
				len(took)+1, lane.Target.URL, r.Outcome)
		}
		took = append(took, r.Done-r.Sent)
	}
	slices.Sort(took)
	s.Capacity.ServiceTime = took[len(took)/2]
	s.Capacity.ServiceTimeSource = runfile.ClientMedian
	s.Capacity.ServiceTimes = took
	return nil
}

// once sends a single request down a lane.
func (e *Experiment) once(ctx context.Context, lane Lane) (loadgen.Result, error) {
	const instant = time.Millisecond
	single := plan.Plan{Stages: []plan.Stage{{From: 1000, To: 1000, Duration: instant}},
		Arrival: plan.Constant, First: e.number(1)}
	var last lastResult
	err := lane.Engine.Run(ctx, time.Now(), 0, single, &last)
	return last.result, err
}

type lastResult struct {
	mu     sync.Mutex
	result loadgen.Result
}

func (l *lastResult) Record(r loadgen.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.result = r
}
