package catalogue

import (
	"cmp"
	"time"

	"weir/loadgen/plan"
)

// Load is a row of separate, drained, constant-rate trials: from From to To × the capacity of all backends
// together, or at Rate.
type Load struct {
	// lowest rate, as a multiple of the capacity of all backends together
	From float64 `yaml:"from"`
	// highest rate, as a multiple of the capacity of all backends together
	To float64 `yaml:"to"`
	// rate of every trial, requests a second, in place of from and to
	Rate           float64       `yaml:"rate"`
	Trials         int           `yaml:"trials"`          // number of trials in each lane
	TrialDuration  time.Duration `yaml:"trial_duration"`  // length of each trial, for instance 2s
	Arrival        plan.Arrival  `yaml:"arrival"`         // constant (default) or poisson
	ConnectTimeout time.Duration `yaml:"connect_timeout"` // longest time to wait for a connection
	// longest time to wait for a whole answer, including the connection
	Timeout  time.Duration `yaml:"timeout"`
	Deadline time.Duration `yaml:"deadline"` // answers later than this are late; 0: 950 ms

	// how long an emptying queue is waited for after each trial; 0: DrainLimit
	Drain time.Duration `yaml:"drain"`
	// paths that are asked for instead of the lanes', each with its weight
	Mix map[string]int `yaml:"mix"`
}

// Event is something done to a host at an offset from the beginning of each trial.
type Event struct {
	At    time.Duration `yaml:"at"`    // time from the beginning of the trial, for instance 2s
	Do    string        `yaml:"do"`    // one of Deeds
	Host  string        `yaml:"host"`  // host to which it is done
	For   time.Duration `yaml:"for"`   // of pause: then it is resumed; of read-slowly: how long
	NGINX NGINX         `yaml:"nginx"` // of reload: replaces location, upstream and servers

	Backend Backend `yaml:"backend"` // of swap: what it says, over what the backend has
	// of swap: set before the new server starts; of sysctl: set under the one that runs
	Sysctls map[string]string `yaml:"sysctls"`

	// Of read-slowly.
	Clients        int    `yaml:"clients"`          // that read at once
	Path           string `yaml:"path"`             // what each asks for, again and again; default /
	BytesPerSecond int    `yaml:"bytes_per_second"` // that each reads
}

// Deeds are what an event can do: stop all processes of a server (SIGSTOP), let them go on, end them at once
// (SIGKILL), start the server anew, put another in its place, set sysctls of a host under the server that
// runs, have NGINX read another configuration, have clients beside the load that read slowly.
func Deeds() []string {
	return []string{"pause", "resume", "kill", "restart", "swap", "sysctl", "reload", "read-slowly"}
}

// Check sends single requests, one after the other, while the load runs, as a health check does.
type Check struct {
	To      string        `yaml:"to"`      // a backend or a proxy
	Path    string        `yaml:"path"`    // path of the health check; default /health
	Every   time.Duration `yaml:"every"`   // time between two checks
	Timeout time.Duration `yaml:"timeout"` // longest time to wait for an answer
	Slow    time.Duration `yaml:"slow"`    // an answer that takes longer counts as slow
}

// Drains estimates how long the backend still works at what waits in its queue after a trial, and for how
// long that is waited for: also on what nobody waits for any more.
func (s Scenario) Drains(b Backend) time.Duration {
	takes := s.MeanServiceTime(b).Seconds()
	if b.Server == None || takes <= 0 || b.Workers == 0 {
		return 0
	}
	rate := float64(b.Workers*b.Slots()) / takes
	excess := s.Load.Rate - rate
	if s.Load.Rate == 0 {
		excess = (s.Load.To - 1) * rate
	}
	waiting := min(excess*s.Load.TrialDuration.Seconds(), float64(b.Backlog))
	return min(time.Duration(max(waiting, 0)/rate*float64(time.Second)), s.Load.DrainsFor())
}

// DrainsFor is how long an emptying queue is waited for.
func (l Load) DrainsFor() time.Duration { return cmp.Or(l.Drain, DrainLimit) }

// DrainLimit is for how long a queue that empties is waited for after each trial, where nothing else is said.
const DrainLimit = 30 * time.Second

// MeanServiceTime is how long a request of the load keeps one of the backend's slots busy, in the mean.
func (s Scenario) MeanServiceTime(b Backend) time.Duration {
	if len(s.Load.Mix) == 0 {
		return b.ServiceTime
	}
	var sum float64
	total := 0
	for path, weight := range s.Load.Mix {
		d, own := b.Paths[path]
		if !own && path != healthPath {
			d = b.ServiceTime
		}
		sum += float64(weight) * d.Seconds()
		total += weight
	}
	return time.Duration(sum / float64(total) * float64(time.Second))
}

// healthPath is answered at once where nothing else is said.
const healthPath = "/health"
