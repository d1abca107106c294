package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"weir/loadgen"
	"weir/report/runfile"
	"weir/scenarios/catalogue"
)

// addChecks has the scenario's health checks made while the experiment lasts.
func (b *labBuilder) addChecks() error {
	for _, c := range b.scenario.Checks {
		if b.servers[c.To] == nil && b.proxies[c.To] == nil {
			continue // no NGINX: its lanes are left out too
		}
		t := b.target(c.To, c.Path, loadgen.New)
		t.ConnectTimeout, t.Timeout = c.Timeout, c.Timeout
		lane, err := newLane("check", t, b.opt.Engine)
		if err != nil {
			return fmt.Errorf("health check: %w", err)
		}
		b.Watchers = append(b.Watchers, b.checker(lane, c))
	}
	return nil
}

// checker sends one request after the other, as a health check does: what it sees is an event of source
// "health" and of class ok, slow or failed.
func (e *Experiment) checker(lane Lane, c catalogue.Check) Watcher {
	slow := cmp.Or(c.Slow, time.Second)
	return func(ctx context.Context, epoch time.Time, rec Recorder) {
		for sleep(ctx, c.Every) == nil {
			sent := time.Since(epoch)
			r, err := e.once(ctx, lane)
			if err != nil || ctx.Err() != nil {
				return
			}
			took := r.Done - r.Sent
			class := runfile.CheckOK
			switch {
			case r.Outcome != loadgen.OK:
				class = runfile.CheckFailed
			case took >= slow:
				class = runfile.CheckSlow
			}
			rec.Write(&runfile.Event{Host: c.To, At: sent, Source: runfile.FromHealth, Class: class, Count: 1,
				Took: took,
				Text: fmt.Sprintf("%s after %v", r.Outcome, took.Round(time.Millisecond))})
		}
	}
}
