package main

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"weir/probe"
	"weir/scenarios"
)

// watched is a probe of some listeners, which shows those that were asked for and no others: the kernel finds
// them by port, whatever their address.
type watched struct {
	*probe.Probe
	config probe.Config
	names  []string
	wanted []netip.AddrPort // of the names with an address; those without match by port
	ports  []uint16         // of the names without one
}

// openWatched opens a probe of the listeners that args name; of all where they name none.
func openWatched(args []string, pid int, trace bool) (*watched, error) {
	host, _ := os.Hostname()
	w := &watched{names: args, config: probe.Config{Host: host, Pid: pid, All: len(args) == 0, Trace: trace}}
	for _, name := range args {
		if err := w.add(name); err != nil {
			return nil, err
		}
	}
	p, err := probe.Open(w.config)
	if err != nil {
		return nil, err
	}
	w.Probe = p
	return w, nil
}

func (w *watched) add(name string) error {
	if probe.IsUnix(name) {
		if !slices.Contains(w.config.UnixPaths, name) { // named twice, it is one queue all the same
			w.config.UnixPaths = append(w.config.UnixPaths, name)
		}
		return nil
	}
	full := name
	if strings.HasPrefix(name, ":") {
		full = "0.0.0.0" + name
	}
	at, err := netip.ParseAddrPort(full)
	if err != nil || at.Port() == 0 {
		if err = scenarios.CheckListener(name); err == nil {
			return usage("%s: a listener is named by its IP address, or by :PORT alone", quoted(name))
		}
		return usage("%w", err)
	}
	if strings.HasPrefix(name, ":") {
		w.ports = append(w.ports, at.Port())
	} else {
		w.wanted = append(w.wanted, at)
	}
	if !slices.Contains(w.config.Ports, at.Port()) {
		w.config.Ports = append(w.config.Ports, at.Port())
	}
	return nil
}

// shows tells whether a listener is one of those that were asked for. An address is also served by a
// listener on all addresses of its port.
func (w *watched) shows(l probe.Listener) bool {
	at, err := netip.ParseAddrPort(l.Addr)
	if err != nil || w.config.All {
		return true // a unix socket, or all are wanted
	}
	return slices.Contains(w.ports, at.Port()) ||
		slices.ContainsFunc(w.wanted, func(want netip.AddrPort) bool { return serves(at, want) })
}

func serves(at, want netip.AddrPort) bool {
	return at.Port() == want.Port() && (at.Addr().IsUnspecified() || at.Addr().Unmap() == want.Addr().Unmap())
}

// unheard are the names for which there is no listener among addrs.
func (w *watched) unheard(addrs []string) (names []string) {
	for _, name := range w.names {
		one := watched{}
		_ = one.add(name) // it was accepted before
		found := slices.ContainsFunc(addrs, func(addr string) bool {
			if len(one.config.Ports) == 0 {
				return addr == name
			}
			_, err := netip.ParseAddrPort(addr)
			return err == nil && one.shows(probe.Listener{Addr: addr})
		})
		if !found {
			names = append(names, name)
		}
	}
	return names
}

func (w *watched) narrow(s probe.Sample) probe.Sample {
	s.Listeners = slices.DeleteFunc(s.Listeners, func(l probe.Listener) bool { return !w.shows(l) })
	return s
}

// Read, ReadAll, Last and Run are the probe's, narrowed.
func (w *watched) Read(epoch time.Time) probe.Sample { return w.narrow(w.Probe.Read(epoch)) }

func (w *watched) ReadAll(epoch time.Time) probe.Sample { return w.narrow(w.Probe.ReadAll(epoch)) }

func (w *watched) Last(epoch time.Time) probe.Sample { return w.narrow(w.Probe.Last(epoch)) }

func (w *watched) Run(ctx context.Context, epoch time.Time, every time.Duration, sink func(probe.Sample)) {
	w.Probe.Run(ctx, epoch, every, func(s probe.Sample) { sink(w.narrow(s)) })
}
