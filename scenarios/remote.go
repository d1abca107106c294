package scenarios

import (
	"context"
	"fmt"
	"strings"
	"time"

	"weir/probe"
	"weir/probe/remote"
	"weir/report/runfile"
)

// remoteHost is the name under which the samples of a remote probe are recorded.
const remoteHost = "remote"

// probeRemotely has a probe that runs elsewhere watch the experiment, and takes the listener that the lanes'
// requests go to, of those it was asked for, to be theirs. It returns how often it samples.
func (s *Setup) probeRemotely(ctx context.Context, opt AttachOptions) (every time.Duration, err error) {
	r, err := remote.Start(ctx, opt.ProbeCommand, remoteHost)
	if err != nil {
		return 0, fmt.Errorf("the probe's command: %w", err)
	}
	s.onClose(r.Close)
	if err := r.Ends(); err != nil {
		return 0, fmt.Errorf("the probe's command: %w", err)
	}
	hello, first := r.Hello(), r.First()
	if len(first.Listeners) == 0 {
		return 0, fmt.Errorf("the probe's command found no listening socket for %s%s",
			strings.Join(hello.Listeners, ", "), sourceErrors(first))
	}
	s.Environment[remoteHost+": host"] = hello.Host
	s.Environment[remoteHost+": weir"] = hello.Version
	if hello.Snapshot != nil {
		for name, value := range hello.Snapshot.Sysctls {
			s.Environment[remoteHost+": "+name] = value
		}
	}
	s.watchListener(listenerFor(backendAddress("", opt.Lanes[0]), first.Listeners), first.Listeners,
		remoteHost)
	s.Watchers = append(s.Watchers, remoteWatcher(r))
	if hello.Discovery == nil {
		s.note("note_not_looked_for", nil)
		return hello.Every, nil
	}
	return hello.Every, s.discovered(ctx, remoteHost, *hello.Discovery,
		func(probe.Process) (uint64, error) { return r.ParentWaits(ctx) })
}

// remoteWatcher records what a remote probe has to say. Its first look at its host is of before the run's
// epoch.
func remoteWatcher(r *remote.Remote) Watcher {
	return func(ctx context.Context, epoch time.Time, rec Recorder) {
		if before := r.Hello().Snapshot; before != nil {
			rec.Write(&runfile.Host{Host: remoteHost, Snapshot: *before})
		}
		r.Samples(ctx, epoch, remote.Sink{
			Sample: func(s probe.Sample) { rec.Write(&runfile.Sample{Sample: s}) },
			Clock:  func(e remote.Estimate) { rec.Write(clockOf(e)) },
			Warn: func(w remote.Warning) {
				rec.Write(&runfile.Event{Host: remoteHost, At: max(w.At, 0), Source: runfile.FromRunner,
					Class: w.Code, Count: 1, Text: w.Text})
			},
		})
		if after, ok := r.After(); ok {
			rec.Write(&runfile.Host{Host: remoteHost, At: time.Since(epoch), Snapshot: after})
		}
	}
}

func clockOf(e remote.Estimate) *runfile.Clock {
	c := &runfile.Clock{Host: remoteHost, At: e.At, Method: e.Method, Offset: e.Offset, Late: e.Late,
		RTT: e.RTT, Ahead: e.Ahead}
	if e.Early != remote.Unknown {
		c.Early = &e.Early
	}
	if e.Ping != nil {
		c.PingOffset, c.PingRTT = &e.Ping.Offset, &e.Ping.RTT
	}
	return c
}

// watchListener says which listener's queue belongs to the lanes, with all sockets of its address.
func (s *Setup) watchListener(l probe.Listener, found []probe.Listener, host string) {
	for _, socket := range found {
		if socket.Addr == l.Addr {
			s.slots += int(socket.Limit) + 1
		}
	}
	for i := range s.Lanes {
		s.Lanes[i].Listener, s.Lanes[i].ListenerHost = l.Addr, host
		if l.Unix() {
			s.Lanes[i].Mode = runfile.Loss // connect() on a unix socket fails at once, through a proxy too
		}
	}
}
