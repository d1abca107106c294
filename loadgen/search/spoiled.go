package search

import (
	"fmt"
	"time"

	"weir/loadgen"
)

// The limits beyond which a trial says more of the generator than of the server: those that make a whole run
// of another plan INVALID (report/analysis).
const (
	MinSent     = 0.99             // sent ÷ due
	MaxLag      = time.Millisecond // sent − due of the 99th percentile that is always borne, or
	MaxLagShare = 0.02             // of the service time, or
	MaxBurst    = 0.25             // of the queue's places, which is how many may arrive together
	MaxCPU      = 0.80             // of the processors that the generator may use
	MaxRunDelay = 0.25             // of the same: its threads waited for one; where it has no event loops, or they are not known

	// An event loop is a queue with one server, its processor: busier than this, a request waits for ten others and
	// more, and from 1 on ever longer. And one that did not get its processor for this share of its time was not there.
	MaxLoop      = 0.90 // of its worst second
	MaxLoopDelay = 0.50 // of the same

	LateNeeds = 300 // requests, for a 99th percentile that one of them does not decide
)

// Generator is what the load generator did in one trial.
type Generator struct {
	Due, Sent uint64
	Outcomes  map[loadgen.Outcome]uint64 // at least those of its own failures
	Late      time.Duration              // 99th percentile of sent − due; 0 where too few requests tell it
	Bearable  time.Duration              // how late that may be, see Bearable
	CPU, Wall time.Duration
	RunDelay  time.Duration // 0 where the kernel does not tell
	CPUs      int
	LoopCPU   float64  // of the busiest event loop, in its worst second; 0 where it is not known
	LoopDelay *float64 // of the one that waited most for a processor; nil where it is not known
}

// Bearable is how late one request in a hundred may be sent at a rate (req/s) to a server of known service
// time and queue (0: not known): what is due meanwhile then arrives as one burst, which must be small beside the queue.
func Bearable(rate float64, service time.Duration, slots int) time.Duration {
	limit := max(MaxLag, time.Duration(MaxLagShare*float64(service)))
	if slots > 0 && rate > 0 {
		limit = max(limit, time.Duration(MaxBurst*float64(slots)/rate*float64(time.Second)))
	}
	return limit
}

// Spoiled says why the trial cannot be believed; "": it can.
func (g Generator) Spoiled() string {
	processors := float64(g.Wall) * float64(g.CPUs)
	switch {
	case float64(g.Sent) < MinSent*float64(g.Due):
		return fmt.Sprintf("%d of %d requests were sent", g.Sent, g.Due)
	case g.Late > g.Bearable:
		return fmt.Sprintf("1 %% of requests were sent over %v late, the limit is %v", g.Late.Round(10*time.Microsecond), g.Bearable.Round(10*time.Microsecond))
	case processors > 0 && float64(g.CPU) > MaxCPU*processors:
		return fmt.Sprintf("the generator used %.0f %% of its processors", 100*float64(g.CPU)/processors)
	case processors > 0 && g.LoopDelay == nil && float64(g.RunDelay) > MaxRunDelay*processors:
		return fmt.Sprintf("the generator's threads waited for a processor for %.0f %% of the time", 100*float64(g.RunDelay)/processors)
	}
	if g.LoopCPU > MaxLoop {
		return fmt.Sprintf("one of the generator's event loops ran for %.0f %% of a second: it had no time left", 100*g.LoopCPU)
	}
	if d := g.LoopDelay; d != nil && *d > MaxLoopDelay {
		return fmt.Sprintf("one of the generator's event loops waited for a processor for %.0f %% of a second", 100**d)
	}
	for _, o := range []loadgen.Outcome{loadgen.Shed, loadgen.NoLocalPort, loadgen.NoFD} {
		if n := g.Outcomes[o]; n > 0 {
			return fmt.Sprintf("%d requests ended in %s", n, o)
		}
	}
	return ""
}
