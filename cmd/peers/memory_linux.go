package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// memory is what a request in flight costs, and whether a process that has none to keep stays as it is.
func (b *bench) memory(ctx context.Context) error {
	fmt.Fprintf(b.progress, "peers: memory\n")
	if err := b.held(ctx); err != nil {
		return err
	}
	return b.flat(ctx)
}

const mega = 1e6

// held measures at the fullest: what is dead and not yet collected is in use too.
func (b *bench) held(ctx context.Context) error {
	url, stop, err := b.stalled()
	if err != nil {
		return err
	}
	defer stop()
	a, f, err := b.record(ctx, order{
		URL: url, Rate: steadyRate, Poisson: true, Duration: 2*stallTimeout + time.Second, Timeout: stallTimeout,
		MaxInFlight: 18_000, Watch: 100 * time.Millisecond,
	}, stallTimeout)
	if err != nil {
		return err
	}
	if f.inFlight == 0 || len(a.Memory) < 2 {
		return errors.New("nothing was in flight, or nobody looked")
	}
	rest := a.Memory[0]
	used := func(m memory) float64 { return float64(m.Heap + m.Stacks) }
	var most, rss float64
	for _, m := range a.Memory[1:] {
		most, rss = max(most, used(m)), max(rss, float64(m.RSS))
	}
	each := (most - used(rest)) / float64(f.inFlight)
	fmt.Fprintf(b.out, "\nmemory with %s requests in flight, at the most, and at rest\n", thousands(float64(f.inFlight)))
	fmt.Fprintf(b.out, "  heap in use and stacks  %7.1f MB  %7.1f MB  %7s bytes a request\n", most/mega, used(rest)/mega, thousands(each))
	fmt.Fprintf(b.out, "  resident                %7.1f MB  %7.1f MB  %7s bytes a request\n",
		rss/mega, float64(rest.RSS)/mega, thousands((rss-float64(rest.RSS))/float64(f.inFlight)))
	t := target{text: "memory a request in flight", want: 4096, atMost: true, unit: "B", got: each}
	if f.inFlight < stallHeld*95/100 {
		t.doubt = "(only " + thousands(float64(f.inFlight)) + " in flight)"
	}
	b.targets = append(b.targets, t)
	return nil
}

// flat compares the last quarter of a run with the second: the first is for warming up.
func (b *bench) flat(ctx context.Context) error {
	o := order{URL: b.server.url, Rate: 2000, Poisson: true, Reuse: true, Duration: 20 * time.Second, Timeout: 5 * time.Second,
		MaxInFlight: 1000, Watch: time.Second}
	if b.long {
		o.Duration, o.Watch = 10*time.Minute, 30*time.Second
	}
	a, _, err := b.record(ctx, o, 0)
	if err != nil {
		return err
	}
	quarter := o.Duration / 4
	var second, last float64
	var shown []string
	for i, m := range a.Memory {
		switch rss := float64(m.RSS); {
		case m.At >= 3*quarter:
			last = max(last, rss)
		case m.At >= quarter && m.At < 2*quarter:
			second = max(second, rss)
		}
		if b.long || i%2 == 0 {
			shown = append(shown, fmt.Sprintf("%.1f", float64(m.RSS)/mega))
		}
	}
	if second == 0 || last == 0 {
		return errors.New("nobody looked at the resident memory")
	}
	step := o.Watch
	if !b.long {
		step *= 2
	}
	fmt.Fprintf(b.out, "resident MB over %v of 2,000 req/s, every %v; last quarter ÷ second: %.2f\n", o.Duration, step, last/second)
	for len(shown) > 0 {
		n := min(len(shown), 14)
		fmt.Fprintf(b.out, "  %s\n", strings.Join(shown[:n], "  "))
		shown = shown[n:]
	}
	t := target{text: "resident, last quarter ÷ second, of " + o.Duration.String(), want: 1.1, atMost: true, got: last / second}
	if !b.long {
		t.why = "use -long" // a heap is still on its way to its first collection
	}
	b.targets = append(b.targets, t)
	return nil
}
