package catalogue

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/spelling"
)

func (l Load) fault() *fault {
	switch {
	case l.Rate != 0 && (l.From != 0 || l.To != 0):
		return at("load.rate stands instead of load.from and load.to: give one of them", "load", "rate")
	case l.Rate < 0 || l.Rate > 1e6:
		return at("load.rate must be above 0 and at most 1000000", "load", "rate")
	case l.Rate == 0 && !(l.From > 0 && l.To >= l.From && l.To <= 100):
		return at("load.from and load.to are multiples of the capacity: 0 < from <= to <= 100", "load",
			"from")
	}
	if f := l.mixFault(); f != nil {
		return f
	}
	return first([]check{
		{l.Trials >= 1 && l.Trials <= 1000, "trials", "must be from 1 to 1000"},
		{l.TrialDuration > 0 && l.TrialDuration <= time.Hour, "trial_duration",
			"must be above 0 and at most 1h"},
		{l.Arrival == plan.Constant || l.Arrival == plan.Poisson, "arrival", "must be constant or poisson"},
		{l.ConnectTimeout > 0 && l.ConnectTimeout <= l.Timeout, "connect_timeout",
			"must be above 0 and at most load.timeout"},
		{l.Timeout <= 10*time.Minute, "timeout", "must be at most 10m"},
		{l.Drain >= 0 && l.Drain <= time.Hour, "drain", "must be from 0 to 1h"},
		{l.Deadline >= 0 && l.Deadline <= time.Hour, "deadline", "must be from 0 to 1h"},
	}, "load")
}

func (l Load) mixFault() *fault {
	total := 0
	for _, path := range slices.Sorted(maps.Keys(l.Mix)) {
		weight := l.Mix[path]
		if total += weight; !strings.HasPrefix(path, "/") || weight < 1 || total > loadgen.MaxWeight {
			return at(fmt.Sprintf("load.mix: %q: %d: write /path: weight, with weights from 1 that add up to %d at most", path, weight, loadgen.MaxWeight), "load", "mix", path)
		}
	}
	return nil
}

func (s Scenario) eventFault() *fault {
	for i, e := range s.Events {
		here := func(text, key string) *fault { return at(text, "events", strconv.Itoa(i), key) }
		_, proxy := s.Proxies[e.Host]
		slow := e.Do == "read-slowly"
		switch {
		case !slices.Contains(Deeds(), e.Do):
			return here(fmt.Sprintf("events: do: %q is none of %s; did you mean %q?", e.Do,
				strings.Join(Deeds(), ", "), spelling.Nearest(e.Do, Deeds())), "do")
		case !slices.Contains(s.Hosts()[1:], e.Host):
			return here(fmt.Sprintf("events: host: %q is no backend and no proxy; did you mean %q?", e.Host,
				spelling.Nearest(e.Host, s.Hosts()[1:])), "host")
		case e.Do == "reload" && !proxy:
			return here("events: reload is for a proxy", "do")
		case e.Do == "swap" && proxy:
			return here("events: swap is for a backend; a proxy's configuration is changed by reload", "do")
		case e.Do == "swap" && (e.Backend.Listen != "" || e.Backend.Server == None ||
			s.Backends[e.Host].Server == None):
			return here("events: swap puts another server in the place of one that listens, at the same address", "backend")
		case e.Backend.CPUQuota != 0 || e.Backend.Hogs != 0:
			return here("events: swap: cpu_quota and hogs are the host's, which stays", "backend")
		case (e.Do == "swap" || e.Do == "sysctl") && s.Load.Trials*len(s.Lanes) != 1:
			return here(fmt.Sprintf("events: %s goes with one trial of one lane: the next would begin with what it put there", e.Do), "do")
		case e.Do != "swap" && !reflect.ValueOf(e.Backend).IsZero():
			return here("events: backend goes with swap", "do")
		case e.Do != "swap" && (e.Do == "sysctl") != (len(e.Sysctls) > 0):
			return here("events: sysctl takes sysctls, and these go with sysctl and swap", "do")
		case e.For != 0 && e.Do != "pause" && !slow:
			return here("events: for goes with pause and read-slowly", "for")
		case slow && (e.For == 0 || e.Clients < 1 || e.Clients > 1000 || e.BytesPerSecond < 1 ||
			e.Path != "" && !strings.HasPrefix(e.Path, "/")):
			return here("events: read-slowly takes for, clients from 1 to 1000, bytes_per_second above 0, and a path that begins with /", "do")
		case !slow && (e.Clients != 0 || e.BytesPerSecond != 0 || e.Path != ""):
			return here("events: clients, path and bytes_per_second go with read-slowly", "do")
		case e.At < 0 || e.For < 0 || e.At > time.Hour || e.For > time.Hour:
			return here("events: at and for must be from 0 to 1h", "at")
		}
		if after := e.Backend.Over(s.Backends[e.Host]); ignored(e.Backend, after) != "" {
			key := ignored(e.Backend, after)
			return at("events: swap: backend."+meaningless(key, after), "events", strconv.Itoa(i), "backend",
				key)
		}
	}
	return nil
}

func (s Scenario) checkFault() *fault {
	for i, c := range s.Checks {
		here := func(text, key string) *fault { return at(text, "checks", strconv.Itoa(i), key) }
		switch {
		case !slices.Contains(s.Hosts()[1:], c.To):
			return here(fmt.Sprintf("checks: to: %q is no backend and no proxy; did you mean %q?", c.To,
				spelling.Nearest(c.To, s.Hosts()[1:])), "to")
		case !strings.HasPrefix(c.Path, "/"):
			return here(fmt.Sprintf("checks: path %q must begin with /", c.Path), "path")
		case c.Every < 10*time.Millisecond || c.Every > time.Hour:
			return here("checks: every must be from 10ms to 1h", "every")
		case c.Timeout <= 0 || c.Timeout > 10*time.Minute:
			return here("checks: timeout must be above 0 and at most 10m", "timeout")
		}
	}
	return nil
}
