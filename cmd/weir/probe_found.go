package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"weir/probe"
	"weir/probe/table"
	"weir/probe/tally"
)

// found is who serves the watched listeners, and what they asked listen() for. The look takes a walk through
// all processes, so it is taken beside the readings, and again when sockets were opened since.
type found struct {
	config probe.Config

	mu sync.Mutex
	d  probe.Discovery
}

// follow looks now and after each restart that sum sees, until ctx ends.
func (f *found) follow(ctx context.Context, sum *tally.Tally) {
	opened := f.look(sum)
	_ = each(ctx, time.Second, func() error {
		if openedOf(sum) != opened {
			opened = f.look(sum)
		}
		return nil
	})
}

func (f *found) look(sum *tally.Tally) (opened int) {
	opened = openedOf(sum)
	d, err := probe.Discover(f.config)
	if err != nil {
		return opened // what the kernel would not tell is missing from the samples too, with the reason
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.d = d
	return opened
}

// openedOf counts the sockets that were there at some time.
func openedOf(sum *tally.Tally) (n int) {
	for _, l := range sum.View().Listeners {
		n += 1 + l.Opened
	}
	return n
}

// clamp is for table.Head.
func (f *found) clamp(addr string, limit uint32) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.d.Listeners {
		if l.Addr == addr && l.Limit == limit && f.d.Clamped(l) {
			return f.d.Clamp(l)
		}
	}
	return ""
}

// clamps is what stderr has been told of them, each once.
type clamps map[string]bool

func (c clamps) about(s streams, head table.Head, v tally.View) {
	for _, text := range head.Clamps(v) {
		if !c[text] {
			c[text] = true
			fmt.Fprintf(s.err, "weir: %s\n", text)
		}
	}
}
