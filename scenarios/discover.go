package scenarios

import (
	"context"
	"fmt"

	"weir/probe"
	"weir/report/runfile"
)

// discover finds out who serves the listener and how many workers they are, for --workers where it was not
// given. What was seen is kept with the run; what is not certain is not taken.
func (s *Setup) discover(ctx context.Context, conf probe.Config) error {
	d, err := probe.Discover(conf)
	if err != nil { // who was asked for the listener itself has told why
		return nil
	}
	return s.discovered(ctx, conf.Host, d, probe.Process.Waits)
}

// discovered takes in what was found out about the listener of a host, this one or another. waits tells how
// often a process there has gone to sleep.
func (s *Setup) discovered(ctx context.Context, host string, d probe.Discovery,
	waits func(probe.Process) (uint64, error)) error {
	if len(d.Listeners) == 0 {
		return nil
	}
	s.describe(host, d)
	workers, text := d.Offer()
	// those of a group have no parent that has the socket
	if workers > 0 && s.Capacity.Workers == 0 && len(d.Servers[0].Workers) > 0 {
		accepts, err := s.parentAccepts(ctx, func() (uint64, error) { return waits(d.Servers[0].Process) })
		if err != nil {
			return err
		}
		if accepts {
			workers, text = 0, fmt.Sprintf("the parent, pid %d, woke for single requests like its %d workers, and may accept connections too", d.Servers[0].Pid, workers)
		}
	}
	switch {
	case s.Capacity.Workers == 0:
		s.Capacity.Workers, s.Capacity.WorkersSource, s.Capacity.WorkersEvidence = workers, runfile.Counted,
			text
		if workers == 0 {
			s.Capacity.WorkersSource = runfile.NotCounted
			s.note("note_not_counted", map[string]any{"evidence": text})
			break
		}
		s.note("note_counted", map[string]any{"workers": workers, "evidence": text})
	case workers > 0 && workers != s.Capacity.Workers:
		s.warn("workers_differ", "", map[string]any{"stated": s.Capacity.Workers, "found": text})
	}
	return nil
}

// describe keeps what was found about the listener in the run's environment.
func (s *Setup) describe(host string, d probe.Discovery) {
	for i, server := range d.Servers {
		const shown = 4
		if i == shown {
			break
		}
		s.Environment[fmt.Sprintf("%s: server %d", host, i+1)] = server.String() + ": " + server.Command
	}
	if clamp := d.Clamp(d.Listeners[0]); clamp != "" {
		s.Environment[host+": backlog"] = clamp
	}
	if asked := d.Asked(d.Listeners[0]); asked != nil && s.Capacity.Backlog == 0 {
		s.Capacity.Backlog = uint32(asked.N)
	}
	switch {
	case d.NetNS == 0:
	case d.OwnNetNS:
		s.Environment[host+": network namespace"] = fmt.Sprintf("%d, the probe's own", d.NetNS)
	default:
		s.Environment[host+": network namespace"] = fmt.Sprintf("%d, another than the probe's", d.NetNS)
	}
}

// asking is how many requests the parent of workers is watched for: one that waits for connections wakes for
// each, one that does not wakes by its own clock, as Gunicorn's does once a second.
const asking = 10

// parentAccepts sends single requests and looks whether the parent of pre-forked workers, whose waits are
// told, wakes for them. What cannot be told counts as yes.
func (s *Setup) parentAccepts(ctx context.Context, waits func() (uint64, error)) (bool, error) {
	before, err := waits()
	if err != nil {
		return true, nil
	}
	for range asking {
		if _, err := s.once(ctx, s.Lanes[0]); err != nil {
			return true, err
		}
	}
	after, err := waits()
	return err != nil || after-before >= asking/2, nil
}
