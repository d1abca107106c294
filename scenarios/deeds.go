package scenarios

import (
	"context"
	"sync"
	"syscall"
	"time"
	"weir/report/runfile"
)

// Deed is something done to the servers at an offset from the beginning of each trial.
type Deed struct {
	At   time.Duration
	Host string
	Name string // "pause", "reload" …
	Do   func(context.Context) error
}

// act does the deeds of a trial that begins at start. The function that it returns waits for those that are
// still to come: what was paused must go on before the next trial, however soon this one was over.
func (e *Experiment) act(ctx context.Context, epoch time.Time, start time.Duration,
	rec Recorder) (wait func()) {
	var all sync.WaitGroup
	for _, d := range e.Deeds {
		all.Go(func() {
			if sleep(ctx, time.Until(epoch.Add(start+d.At))) != nil {
				return
			}
			ev := runfile.Event{Host: d.Host, At: time.Since(epoch), Source: runfile.FromScenario,
				Class: d.Name, Count: 1}
			if err := d.Do(ctx); err != nil {
				// a warning: the experiment was not what it was to be
				ev.Source, ev.Text = runfile.FromRunner, err.Error()
			}
			rec.Write(&ev)
		})
	}
	return all.Wait
}

// signal reaches all processes of a host's server or proxy.
func (b *labBuilder) signal(host string, sig syscall.Signal) error {
	if p := b.proxies[host]; p != nil {
		return p.signal(sig)
	}
	return b.servers[host].signal(sig)
}

// kill ends a host's server or proxy at once.
func (b *labBuilder) kill(host string) error {
	if p := b.proxies[host]; p != nil {
		return p.kill()
	}
	return b.servers[host].end(syscall.SIGKILL)
}

// addDeeds turns the scenario's events into what they do.
func (b *labBuilder) addDeeds(ctx context.Context) error {
	add := func(at time.Duration, host, name string, do func(context.Context) error) {
		b.Deeds = append(b.Deeds, Deed{at, host, name, do})
	}
	for _, e := range b.scenario.Events {
		if b.servers[e.Host] == nil && b.proxies[e.Host] == nil {
			continue // no NGINX: its lanes are left out too
		}
		send := func(sig syscall.Signal) func(context.Context) error {
			return func(context.Context) error { return b.signal(e.Host, sig) }
		}
		switch e.Do {
		case "pause":
			add(e.At, e.Host, "pause", send(sigStop))
			if e.For > 0 {
				add(e.At+e.For, e.Host, "resume", send(sigCont))
			}
		case "resume":
			add(e.At, e.Host, "resume", send(sigCont))
		case "kill":
			add(e.At, e.Host, "kill", func(context.Context) error { return b.kill(e.Host) })
		case "restart":
			add(e.At, e.Host, "restart", func(ctx context.Context) error {
				if p := b.proxies[e.Host]; p != nil {
					return p.restart(ctx)
				}
				s := b.servers[e.Host]
				if err := s.end(syscall.SIGTERM); err != nil {
					return err
				}
				return s.start(ctx)
			})
		case "swap":
			swap, err := b.swapped(ctx, e)
			if err != nil {
				return err
			}
			add(e.At, e.Host, "swap", swap)
		case "sysctl":
			if err := b.haveSysctls(e); err != nil {
				return err
			}
			add(e.At, e.Host, "sysctl", func(context.Context) error { return b.setSysctls(e) })
		case "read-slowly":
			add(e.At, e.Host, "read-slowly", func(ctx context.Context) error { return b.readSlowly(ctx, e) })
		case "reload":
			add(e.At, e.Host, "reload", func(context.Context) error { return b.reload(e.Host, e.NGINX) })
		}
	}
	return nil
}
