package remote

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"weir/probe"
)

// fit is d within what checkDiscovery lets pass. Where something has to be left out it says so, so that
// nobody counts what is left.
func fit(d probe.Discovery) *probe.Discovery {
	d.Servers = slices.Clone(d.Servers)
	workers, sockets := maxWorkers, maxEntries // that there is still room for
	for i := range d.Servers {
		s := &d.Servers[i]
		if len(s.Workers) > workers || len(s.Inodes) > sockets {
			s.Workers, s.Inodes = s.Workers[:min(len(s.Workers), workers)],
				s.Inodes[:min(len(s.Inodes), sockets)]
			d.Cut = fmt.Sprintf("at %d workers and %d sockets, with pid %d", maxWorkers, maxEntries, s.Pid)
		}
		workers, sockets = workers-len(s.Workers), sockets-len(s.Inodes)
	}
	if len(d.Servers) > maxServers {
		d.Servers, d.Cut = d.Servers[:maxServers],
			fmt.Sprintf("at %d of %d servers", maxServers, len(d.Servers))
	}
	d.Listeners = d.Listeners[:min(len(d.Listeners), maxListeners)]
	return &d
}

// checkDiscovery makes what is said of processes over there safe to show, and refuses what cannot be.
func checkDiscovery(d *probe.Discovery) error {
	if d == nil {
		return nil
	}
	if len(d.Servers) > maxServers || d.Looked < 0 || d.Barred < 0 {
		return fmt.Errorf("a discovery of %d servers, %d processes and %d more", len(d.Servers), d.Looked,
			d.Barred)
	}
	d.Cut = clean(d.Cut, maxText)
	for i := range d.Servers {
		s := &d.Servers[i]
		if len(s.Workers) > maxWorkers || len(s.Inodes) > maxEntries {
			return fmt.Errorf("a server of %d workers and %d sockets", len(s.Workers), len(s.Inodes))
		}
		if err := checkProcess(&s.Process); err != nil {
			return err
		}
		for j := range s.Workers {
			if err := checkProcess(&s.Workers[j]); err != nil {
				return err
			}
		}
	}
	return checkSnapshot(&probe.Snapshot{Listeners: d.Listeners})
}

func checkProcess(p *probe.Process) error {
	if p.Pid <= 0 || p.Parent < 0 {
		return errors.New("a process without an id")
	}
	if p.Program != "" && !probe.IsName(p.Program) {
		return fmt.Errorf("%.40q is no program's identity", p.Program)
	}
	p.Name, p.Command, p.Waiting = clean(p.Name, maxName), clean(p.Command, maxText),
		clean(p.Waiting, maxName)
	if b := p.Backlog; b != nil {
		if b.N > math.MaxInt32 { // listen(2) takes an int
			return fmt.Errorf("a process that asks for a backlog of %d", b.N)
		}
		b.By = clean(b.By, maxName)
	}
	return nil
}
