package scenarios

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"time"

	"weir/loadgen"
	"weir/loadgen/search"
	"weir/loadgen/self"
	"weir/report/runfile"
)

// ownFiles are descriptors beside those of the connections: logs, probes, the record, pipes to children.
const ownFiles = 100

// CheckLimits warns of limits of our own that the plan may reach, given how many files this process may have
// open: found before the load, they cost a line; after it, the run. It returns what it warned of.
func (s *Setup) CheckLimits(files uint64) []runfile.Warning {
	before := len(s.Warnings)
	if files > 0 && files < math.MaxInt32 {
		s.Environment["open_files"] = strconv.FormatUint(files, 10)
		s.checkFiles(files)
	}
	if ports, known := self.LocalPorts(); known {
		s.Environment["local_ports"] = strconv.Itoa(ports)
		for _, lane := range s.Lanes {
			s.checkPorts(lane, ports, self.PortHeld(remoteIP(lane)))
		}
	}
	for _, lane := range s.Lanes {
		s.checkProcessors(lane, self.Processors())
	}
	return s.Warnings[before:]
}

func (s *Setup) checkFiles(files uint64) {
	// Lanes take turns: one has requests in flight, the others may keep connections.
	type need struct {
		demand
		flying, kept int
	}
	var at []need
	for _, lane := range s.Lanes {
		for i, d := range s.demands(lane) {
			if i == len(at) {
				at = append(at, need{demand: d})
			}
			if n := d.inFlight(lane.Target); lane.Target.Connections == loadgen.Reuse {
				at[i].kept += n
			} else {
				at[i].flying = max(at[i].flying, n)
			}
		}
	}
	for _, d := range at {
		if need := uint64(d.flying + d.kept + ownFiles); need > files {
			s.warn("few_files", fmt.Sprintf("The plan may need %d open files%s and this process may have %d: raise ulimit -n, or lower --max-in-flight or --timeout. "+
				"Requests that find none make %s.", need, s.from(d.demand), files, s.spoils()))
			return
		}
	}
}

// checkPorts holds the connections to one address that exist at once, in flight or in our own TIME_WAIT, against the
// local ports there are for them. Held is how long a port is not free after we closed its connection first.
func (s *Setup) checkPorts(lane Lane, ports int, held time.Duration) {
	t := lane.Target
	if t.Network == "unix" {
		return
	}
	if t.Close == loadgen.Reset || s.closesFirst[lane.Name] == loadgen.ByPeer {
		held = 0
	}
	have := ports * max(1, len(t.LocalAddrs))
	for _, d := range s.demands(lane) {
		if need := d.ports(t, held); need > have {
			s.warn("few_ports", fmt.Sprintf("The %s lane may need %d local ports at once%s and there are %d (%.0f new connections a second, each holding its port for %v after it was closed by us): "+
				"widen net.ipv4.ip_local_port_range, give more --local-addr, or --connections reuse. Requests that find none make %s.",
				lane.Name, need, s.from(d), have, d.opening(t), held, s.spoils()))
			return
		}
	}
}

// What a request is taken to cost at the least, in CPU time: with a kept connection, and with one of its own. They are guesses,
// at about half of what `make bench-peers` has measured on two rented virtual processors (12 and 40 µs). Whoever offers more than that allows cannot do it; whoever offers less may still not.
const (
	leastCost    = 6 * time.Microsecond
	leastCostNew = 15 * time.Microsecond
)

// checkProcessors holds the least that the highest rate costs against the processors that there are for it.
func (s *Setup) checkProcessors(lane Lane, processors int) {
	for _, d := range s.demands(lane) {
		opened := d.opening(lane.Target)
		need := d.rate*leastCost.Seconds() + opened*(leastCostNew-leastCost).Seconds()
		if most := search.MaxCPU * float64(processors); need > most {
			s.warn("few_processors", fmt.Sprintf("The %s lane costs the generator %.1f processors or more at %.0f req/s, and it has %d, of which more than %.0f %% make a run INVALID: "+
				"offer less, or share the load out over several machines.", lane.Name, need, d.rate, processors, 100*search.MaxCPU))
			return
		}
	}
}

// from says at which rate a search has a demand.
func (s *Setup) from(d demand) string {
	if s.Search == nil {
		return ""
	}
	return fmt.Sprintf(", if the search goes on to %.4g req/s,", d.rate)
}

// spoils says what a limit does that is reached.
func (s *Setup) spoils() string {
	if s.Search != nil {
		return "a trial say nothing"
	}
	return "the run invalid"
}

// remoteIP is the address that a lane's engine found for its target; nil where it has none.
func remoteIP(lane Lane) net.IP {
	e, ok := lane.Engine.(interface{ Remote() string })
	if !ok {
		return nil
	}
	host, _, err := net.SplitHostPort(e.Remote())
	if err != nil {
		return nil
	}
	return net.ParseIP(host)
}
