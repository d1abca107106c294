package main

import (
	"context"
	"strings"
)

func (b *bench) peak(ctx context.Context) error {
	all := b.work(ctx, "peak", load{connections: b.connections, seconds: b.seconds, reuse: true})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	printSeries(b.out, "peak, reused connections", all)
	b.targets = append(b.targets,
		ratio("peak req/s, reused: weir ÷ wrk", 0.95, false, all, "wrk", rate),
		ratio("peak req/s, reused: weir ÷ wrk2", 1.0, false, all, "wrk2", rate),
		ratio("peak req/s, reused: weir ÷ vegeta", 4, false, all, "vegeta", rate),
		ratio("CPU per request at the peak: weir ÷ wrk", 1.1, true, all, "wrk", cost))
	return nil
}

func (b *bench) fresh(ctx context.Context) error {
	all := b.work(ctx, "new", load{connections: b.connections, seconds: min(b.seconds, 3)}) // longer, TIME_WAIT has all ports
	if ctx.Err() != nil {
		return ctx.Err()
	}
	printSeries(b.out, "peak, a new connection each", all)
	b.targets = append(b.targets,
		ratio("peak req/s, new connections: weir ÷ wrk", 0.95, false, all, "wrk", rate),
		ratio("peak req/s, new connections: weir ÷ vegeta", 1.8, false, all, "vegeta", rate))
	return nil
}

// steadyRate is low enough for every generator but k6, on one core.
const steadyRate = 10_000

func (b *bench) paced(ctx context.Context) error {
	all := b.work(ctx, "cpu", load{connections: b.connections, seconds: b.seconds, reuse: true, rate: steadyRate})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	printSeries(b.out, "10,000 req/s evenly, reused connections", all)
	t := ratio("CPU per request at 10,000/s: weir ÷ vegeta", 0.25, true, all, "vegeta", cost)
	var behind []string
	for _, s := range all {
		if (s.name == "weir" || s.name == "vegeta") && s.of(rate).median < 0.98*steadyRate {
			behind = append(behind, s.name)
		}
	}
	if len(behind) > 0 {
		t.doubt = "(behind: " + strings.Join(behind, ", ") + ")"
	}
	b.targets = append(b.targets, t, ratioOf(bunched, "the same, with --wake-quantum 300us", 0.25, true, all, "vegeta", cost))
	return nil
}
