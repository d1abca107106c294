package scenarios

import (
	"math"
	"net"
	"strconv"
	"time"

	"weir/loadgen"
	"weir/loadgen/belief"
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
		need := uint64(d.flying + d.kept + ownFiles)
		facts := belief.Facts{Outcomes: map[loadgen.Outcome]uint64{loadgen.NoFD: need - min(need, files)}}
		if s.foresee(facts, "", map[string]any{"need": need, "have": files, "rate": s.reached(d.demand)}) {
			return
		}
	}
}

// foresee warns of what the plan will break, and reports whether there was anything.
func (s *Setup) foresee(f belief.Facts, lane string, args map[string]any) bool {
	found := belief.Forecast(f)
	for _, x := range found {
		args["limit"] = x.Limit
		args["search"] = s.Search != nil // then it costs a trial, else the run
		s.warn(string(x.Code), lane, args)
	}
	return len(found) > 0
}

// reached is at which rate a search has a demand; nil of a plan, whose rates are known.
func (s *Setup) reached(d demand) any {
	if s.Search == nil {
		return nil
	}
	return d.rate
}

// checkPorts holds the connections to one address that exist at once, in flight or in our own TIME_WAIT,
// against the local ports there are for them. Held is how long a port is not free after we closed its
// connection first.
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
		need := d.ports(t, held)
		facts := belief.Facts{Outcomes: map[loadgen.Outcome]uint64{loadgen.NoLocalPort: uint64(max(0,
			need-have))}}
		if s.foresee(facts, lane.Name, map[string]any{
			"need": need, "have": have, "rate": s.reached(d), "opened": d.opening(t), "kept": held.Seconds(),
		}) {
			return
		}
	}
}

// What a request is taken to cost at the least, in CPU time: with a kept connection, and with one of its own.
// They are guesses, at about half of what `make bench-peers` has measured on two rented virtual processors
// (12 and 40 µs). Whoever offers more than that allows cannot do it; whoever offers less may still not.
const (
	leastCost    = 6 * time.Microsecond
	leastCostNew = 15 * time.Microsecond
)

// checkProcessors holds the least that the highest rate costs against the processors that there are for it.
func (s *Setup) checkProcessors(lane Lane, processors int) {
	for _, d := range s.demands(lane) {
		// CPU time in a second
		need := d.rate*leastCost.Seconds() + d.opening(lane.Target)*(leastCostNew-leastCost).Seconds()
		facts := belief.Facts{CPU: time.Duration(need * float64(time.Second)), Wall: time.Second,
			CPUs: processors}
		if s.foresee(facts, lane.Name, map[string]any{"need": need, "have": processors, "rate": d.rate}) {
			return
		}
	}
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
