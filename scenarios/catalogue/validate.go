package catalogue

import (
	"fmt"
	"slices"
	"time"

	"weir/loadgen/plan"
)

// validate checks what the YAML decoder cannot: that the values make an experiment.
func (s Scenario) validate() error {
	checks := []struct {
		ok   bool
		text string
	}{
		{s.Name != "", "name is missing"},
		{len(s.Lanes) > 0, "lanes is empty; give direct, proxy or both"},
		{s.Backend.Workers >= 1 && s.Backend.Workers <= 1024, "backend.workers must be from 1 to 1024"},
		{s.Backend.ServiceTime > 0 && s.Backend.ServiceTime <= time.Minute, "backend.service_time must be above 0 and at most 1m"},
		{s.Backend.Backlog >= 0 && s.Backend.Backlog <= 65535, "backend.backlog must be from 0 to 65535"},
		{s.Load.From > 0 && s.Load.To >= s.Load.From && s.Load.To <= 100, "load.from and load.to are multiples of the capacity: 0 < from <= to <= 100"},
		{s.Load.Trials >= 1 && s.Load.Trials <= 1000, "load.trials must be from 1 to 1000"},
		{s.Load.TrialDuration > 0 && s.Load.TrialDuration <= time.Hour, "load.trial_duration must be above 0 and at most 1h"},
		{s.Load.Arrival == plan.Constant || s.Load.Arrival == plan.Poisson, "load.arrival must be constant or poisson"},
		{s.Load.ConnectTimeout > 0 && s.Load.ConnectTimeout <= s.Load.Timeout, "load.connect_timeout must be above 0 and at most load.timeout"},
		{s.Load.Timeout <= 10*time.Minute, "load.timeout must be at most 10m"},
	}
	for _, c := range checks {
		if !c.ok {
			return fmt.Errorf("%s", c.text)
		}
	}
	for i, lane := range s.Lanes {
		if lane != Direct && lane != Proxy {
			return fmt.Errorf("lanes: %q is not a lane; there are %s and %s", lane, Direct, Proxy)
		}
		if slices.Contains(s.Lanes[:i], lane) {
			return fmt.Errorf("lanes: %q is there twice", lane)
		}
	}
	for host := range s.Sysctls {
		if !slices.Contains(Hosts(), host) {
			return fmt.Errorf("sysctls: %q is not a host; there are %v", host, Hosts())
		}
	}
	return nil
}

// The lanes and hosts that a scenario can name.
const (
	Direct = "direct"
	Proxy  = "proxy"
)

// Hosts lists the lab's hosts; the load generator's own comes first.
func Hosts() []string { return []string{"client", "proxy", "backend"} }
