// Package self is what the load generator knows about its own state: how much CPU it burned, how long
// its threads waited for one, how many files it may open. A generator that was starved measures itself
// and not the server, so a run records this beside its results. What is too much is for the analysis to
// say.
package self

import (
	"math"
	"runtime"
	"sync"
	"time"
)

// Usage is what the process used between Measure and stop, as a run's record keeps it. Times are nanoseconds.
type Usage struct {
	CPU  time.Duration `json:"cpu"`  // user and system time of the whole process
	Wall time.Duration `json:"wall"` // how long that was
	CPUs int           `json:"cpus"` // that it may use, see Processors

	// RunDelay is the time that its threads were runnable and not run, summed over the threads. It is a lower
	// bound: a thread that ended in between took its account with it. Nil where the system does not tell.
	RunDelay *time.Duration `json:"run_delay,omitempty"`

	// Loops is how many event loops the engine had, each on a thread of its own; 0 where it has none, or does
	// not say. The other two are of the loop of which most was asked, as shares of one processor: for how
	// much of its worst second it ran, and for how much of its worst second it was runnable and not run. Nil
	// where they are not known. Measure does not know them.
	Loops int `json:"loops,omitempty"`
	// share of its worst second for which the busiest event loop ran; nil where it is not known
	LoopCPU *float64 `json:"loop_cpu,omitempty"`
	// share of its worst second for which an event loop was runnable and not run; nil where it is not known
	LoopDelay *float64 `json:"loop_delay,omitempty"`

	// Stolen is the time in which the hypervisor ran something else, of all the machine's processors
	// together. Nil where the system does not tell.
	Stolen *time.Duration `json:"stolen,omitempty"`
}

// Measure begins to measure the process; stop, which may be called more than once, says what it has
// used since. It costs one system call and, on Linux, one small file per thread.
func Measure() (stop func() Usage) {
	cpu, delays, stolen, began := cpuTime(), readDelays(), readStolen(), time.Now()
	return func() Usage {
		return Usage{
			CPU:      max(0, cpuTime()-cpu),
			Wall:     time.Since(began),
			CPUs:     Processors(),
			RunDelay: delayed(delays, readDelays()),
			Stolen:   since(stolen, readStolen()),
		}
	}
}

// Heavier is the usage in which more was asked of the processors: time that was used and time that was waited
// for them, by what they had. Of a trial whose last answers take minutes to time out, that is the time of its
// load.
func Heavier(a, b Usage) Usage {
	if b.asked() > a.asked() {
		return b
	}
	return a
}

func (u Usage) asked() float64 {
	if u.Wall <= 0 {
		return 0
	}
	all := u.CPU
	if u.RunDelay != nil {
		all += *u.RunDelay
	}
	return float64(all) / float64(u.Wall)
}

// Processors is how many this process may use: by its affinity mask, by its control groups' quota, rounded
// up, and by GOMAXPROCS as it was when the process began. An event loop's engine raises that for as long as
// it runs, and its default is never below two, however small the quota (runtime, adjustCgroupGOMAXPROCS).
func Processors() int { return processors() }

var (
	atStart    = runtime.GOMAXPROCS(0)
	processors = sync.OnceValue(func() int {
		n := min(runtime.NumCPU(), atStart)
		if q := readQuota(); q > 0 {
			n = min(n, int(math.Ceil(q)))
		}
		return n
	})
)

// since is how far a clock moved between two readings; nil if either is missing.
func since(before, after *time.Duration) *time.Duration {
	if before == nil || after == nil {
		return nil
	}
	d := max(0, *after-*before)
	return &d
}

// delayed adds up, thread by thread, what was waited between two readings; nil if either is missing.
func delayed(before, after map[int]time.Duration) *time.Duration {
	if before == nil || after == nil {
		return nil
	}
	var sum time.Duration
	for thread, d := range after {
		// A thread not in before was born since. One that waited less than before is a new one with an
		// old number.
		if was := before[thread]; d >= was {
			sum += d - was
		} else {
			sum += d
		}
	}
	return &sum
}
