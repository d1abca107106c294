package scenarios

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/loadgen/self"
)

// ownFiles are descriptors beside those of the connections: logs, probes, the record, pipes to children.
const ownFiles = 100

// CheckLimits warns of limits of our own that the plan may reach, given how many files this process may have
// open: found before the load, they cost a line; after it, the run. It returns what it warned of.
func (s *Setup) CheckLimits(files uint64) []Warning {
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
	return s.Warnings[before:]
}

func (s *Setup) checkFiles(files uint64) {
	// Lanes take turns: one has requests in flight, the others may keep connections.
	var flying, kept int
	for _, lane := range s.Lanes {
		if n := s.inFlight(lane); lane.Target.Connections == loadgen.Reuse {
			kept += n
		} else {
			flying = max(flying, n)
		}
	}
	if need := uint64(flying + kept + ownFiles); need > files {
		s.warn("few_files", fmt.Sprintf("The plan may need %d open files and this process may have %d: raise ulimit -n, or lower --max-in-flight or --timeout. "+
			"Requests that find none make the run invalid.", need, files))
	}
}

// inFlight is how many requests of a lane may be in flight at once: as many as come before the first must end.
func (s *Setup) inFlight(lane Lane) (most int) {
	for _, t := range s.Trials {
		if t.Lane == lane.Name {
			most = max(most, min(t.Due, int(math.Ceil(highest(t.Plan)*lane.Target.Timeout.Seconds()))))
		}
	}
	return min(most, lane.Target.MaxInFlight)
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
	rate, all := s.opening(lane)
	need := min(all, s.inFlight(lane)+int(rate*held.Seconds()))
	have := ports * max(1, len(t.LocalAddrs))
	if need <= have {
		return
	}
	s.warn("few_ports", fmt.Sprintf("The %s lane may need %d local ports at once and there are %d (%.0f new connections a second, each holding its port for %v after it was closed by us): "+
		"widen net.ipv4.ip_local_port_range, give more --local-addr, or --connections reuse. Requests that find none make the run invalid.",
		lane.Name, need, have, rate, held))
}

// opening is at which rate a lane opens connections at most, and how many in all.
func (s *Setup) opening(lane Lane) (rate float64, all int) {
	for _, t := range s.Trials {
		if t.Lane == lane.Name {
			rate = max(rate, highest(t.Plan))
			all += t.Due
		}
	}
	if lane.Target.Connections == loadgen.Reuse {
		if lane.Target.RequestsPerConnection == 0 {
			return 0, all
		}
		rate /= float64(lane.Target.RequestsPerConnection)
	}
	return rate, all
}

// highest is the highest rate of a plan.
func highest(p plan.Plan) (rate float64) {
	for _, s := range p.Stages {
		rate = max(rate, s.From, s.To)
	}
	return rate
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
