package scenarios

import (
	"context"
	"fmt"
	"strings"
	"time"

	"weir/probe"
	"weir/probe/remote"
)

// remoteHost is the name under which the samples of a remote probe are recorded.
const remoteHost = "remote"

// probeRemotely has a probe that runs elsewhere watch the experiment, and takes the first listener that it was
// asked for to be the lanes'. It returns how often it samples.
func (s *Setup) probeRemotely(ctx context.Context, command string) (every time.Duration, err error) {
	r, err := remote.Start(ctx, command, remoteHost)
	if err != nil {
		return 0, fmt.Errorf("the probe's command: %w", err)
	}
	s.onClose(r.Close)
	hello, first := r.Hello(), r.First()
	if len(first.Listeners) == 0 {
		return 0, fmt.Errorf("the probe's command found no listening socket for %s%s", strings.Join(hello.Listeners, ", "), sourceErrors(first))
	}
	s.Environment[remoteHost+": host"] = hello.Host
	s.Environment[remoteHost+": weir"] = hello.Version
	for name, value := range hello.Sysctls {
		s.Environment[remoteHost+": "+name] = value
	}
	s.watchListener(first.Listeners[0], first.Listeners, remoteHost)
	s.Watchers = append(s.Watchers, func(ctx context.Context, epoch time.Time, rec Recorder) {
		r.Samples(ctx, epoch, rec.Sample, func(w remote.Warning) {
			rec.Event(Event{Host: remoteHost, At: max(w.At, 0), Source: "runner", Class: w.Code, Count: 1, Text: w.Text})
		})
	})
	return hello.Every, nil
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
		if strings.ContainsAny(l.Addr[:1], "/@") {
			s.Lanes[i].Mode = LossMode // connect() on a unix socket fails at once, through a proxy too
		}
	}
}
