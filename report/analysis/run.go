package analysis

import (
	"time"

	"weir/report/result"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/loadgen"
	"weir/probe"
	"weir/report/analysis/cause"
	"weir/report/runfile"
)

// run is a record put in order: what Analyze works on.
type run struct {
	header    *runfile.Header
	footer    *runfile.Footer // nil: the run was cut short
	lanes     []*lane         // as in the header
	trials    []*trial        // of all lanes, in the order in which they began
	samples   map[string][]sample
	slow      map[string][]slowReading // of the hosts' slow sources
	hosts     map[string]*host
	watched   map[string][]string // by host: the listeners that the lanes lead to, "" where one is not known
	services  []runfile.Service
	events    []runfile.Event
	proxy     proxyLogs
	warnings  []result.Warning
	simulated int // requests that were so far

	manyLatencies bool // too many to keep those of single trials
}

// lane is a path with what happened on it.
type lane struct {
	runfile.Lane
	trials                      []*trial
	latency, service, fail, lag *hdr.Histogram // of all its trials, ns
	// of the same; without values where the record has no phases
	connect, firstByte *hdr.Histogram
	connects           map[int]runfile.Connects // by how many SYNs each lost
	unanswered         map[int]runfile.Connects // of these: handshakes that were given up
	// of the trial under way, where the run is a search; nil else
	trialLag      *hdr.Histogram
	lagOf         int            // which trial that is
	before, after *trial         // observations of few requests; nil: none
	expired       *cause.Expired // which timeout the proxy's 504s are; nil: not known
	// C: places in the listener's queue; 0 where its limit is not known
	slots int
}

// trial is one trial with its bins added up.
type trial struct {
	runfile.Trial
	lane    *lane
	end     *runfile.TrialEnd // nil: never ended
	until   time.Duration     // when the next trial began; for ever after the last
	bins    map[time.Duration]*bin
	latency map[time.Duration]counted // of its ok requests, from due; by the counter's lower end
	figures figures
	replay  *replay        // nil: not simulated yet
	late    time.Duration  // of a search: 99th percentile of sent − due; 0 where too few requests tell it
	spoiled result.Finding // of a search: why the generator was the limit; no code: it was not
}

// counted is a counter of a histogram.
type counted struct {
	high time.Duration // its upper end
	n    uint64
}

// bin is what happened to the requests that were due in, and in, one stretch of runfile.BinWidth.
type bin struct {
	due              map[loadgen.Outcome]uint64
	late             uint64
	slowest          time.Duration // of an observation: the slowest answer
	sent, synRetrans uint64
	ended            uint64 // of those that were sent, now or before
	opened           uint64 // connections
	closings         runfile.Closings
	cells            []latencyCell
}

// sample is what the analysis needs of a probe's reading; 100 counters 50 times a second are too much to
// keep.
type sample struct {
	at        time.Duration
	counted   time.Duration // when the namespace's counters were read: at, or a little before
	counters  counters
	listeners []probe.State // those that a lane of the host leads to
}

// listener is the account of one of them.
func (s *sample) listener(addr string) probe.State {
	for _, l := range s.listeners {
		if l.Addr == addr {
			return l
		}
	}
	return probe.State{Addr: addr}
}
