package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A server that stalls has so many requests in flight, once the first of them time out.
const (
	stallTimeout = 1500 * time.Millisecond
	stallHeld    = 15_000 // steadyRate × stallTimeout
)

// lag compares how late requests leave where the server answers, where it stalls, and what the machine
// alone makes of such a schedule.
func (b *bench) lag(ctx context.Context) error {
	names := []string{"weir, answered", "weir, stalled", "bare pacer"}
	rounds := make([][]lags, len(names))
	for round := 0; round <= b.rounds; round++ {
		fmt.Fprintf(b.progress, "peers: lag, round %d of %d\n", round, b.rounds)
		for i, one := range []func(context.Context) (lags, error){b.lagAnswered, b.lagStalled, b.lagBare} {
			l, err := one(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			if round > 0 {
				rounds[i] = append(rounds[i], l)
			}
		}
	}
	p99 := b.printLags(names, rounds)
	doubt := fmt.Sprintf("(bare pacer: %.2f ms)", p99[2])
	b.targets = append(b.targets,
		target{text: "p99 lag at 10,000/s Poisson", want: 0.5, atMost: true, unit: "ms", got: p99[0], doubt: doubt},
		target{text: "p99 lag, stalled, 15,000 in flight", want: 1, atMost: true, unit: "ms", got: p99[1], doubt: doubt},
		target{text: "p99 lag, stalled ÷ answered", want: 2, atMost: true, got: p99[1] / p99[0]})
	return nil
}

// printLags is the table of the lags, in ms. It returns the medians of the 99th percentiles.
func (b *bench) printLags(names []string, rounds [][]lags) (p99 []float64) {
	const line = "  %-14s %21s  %21s  %9s  %9s  %s\n"
	fmt.Fprintf(b.out, "\nlag in ms at 10,000 req/s, Poisson\n"+line, "", "p50", "p99", "worst", "in flight", "CPU µs/req")
	for i, all := range rounds {
		of := func(figure func(lags) float64) spread {
			var values []float64
			for _, l := range all {
				values = append(values, figure(l))
			}
			return spreadOf(values)
		}
		ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
		slow := of(func(l lags) float64 { return ms(l.P99) })
		p99 = append(p99, slow.median)
		held, cost := "–", "–"
		if n := of(func(l lags) float64 { return float64(l.InFlight) }).median; n > 0 {
			held, cost = thousands(n), decimals(1)(of(func(l lags) float64 { return l.Cost }).median)
		}
		fmt.Fprintf(b.out, line, names[i], of(func(l lags) float64 { return ms(l.P50) }).show(milliseconds), slow.show(milliseconds),
			milliseconds(of(func(l lags) float64 { return ms(l.Max) }).high), held, cost)
	}
	return p99
}

func (b *bench) lagAnswered(ctx context.Context) (lags, error) {
	return b.lagOf(ctx, order{
		URL: b.server.url, Rate: steadyRate, Poisson: true, Reuse: true, Duration: time.Duration(b.seconds+1) * time.Second,
		Timeout: stallTimeout, MaxInFlight: 18_000,
	}, 0)
}

// lagStalled counts from when all the requests are in flight that will be.
func (b *bench) lagStalled(ctx context.Context) (lags, error) {
	url, stop, err := b.stalled()
	if err != nil {
		return lags{}, err
	}
	defer stop()
	return b.lagOf(ctx, order{
		URL: url, Rate: steadyRate, Poisson: true, Duration: stallTimeout + time.Duration(b.seconds)*time.Second,
		Timeout: stallTimeout, MaxInFlight: 18_000,
	}, stallTimeout)
}

func (b *bench) lagOf(ctx context.Context, o order, after time.Duration) (lags, error) {
	a, f, err := b.record(ctx, o, after)
	if err != nil {
		return lags{}, err
	}
	switch answered := f.ok > 0; {
	case f.lag.TotalCount() == 0:
		return lags{}, errors.New("nothing was sent")
	case answered != (after == 0):
		return lags{}, fmt.Errorf("%d requests were answered and %d not", f.ok, f.failed)
	}
	l := f.lags()
	l.Cost = float64(a.cpu.Nanoseconds()) / 1e3 / f.completed()
	return l, nil
}

// record lets weir carry out an order and reads what it recorded.
func (b *bench) record(ctx context.Context, o order, after time.Duration) (account, figures, error) {
	dir, err := b.folder()
	if err != nil {
		return account{}, figures{}, err
	}
	defer os.RemoveAll(dir)
	o.Dir = filepath.Join(dir, "record")
	r, err := b.child(ctx, o.Duration+o.Timeout+30*time.Second, o.args()...)
	if err != nil {
		return account{}, figures{}, err
	}
	var a account
	if err := json.Unmarshal(r.stdout, &a); err != nil {
		return account{}, figures{}, err
	}
	a.cpu = r.cpu
	f, err := readRecord(a.Dir, after)
	return a, f, err
}

func (b *bench) lagBare(ctx context.Context) (l lags, err error) {
	o := order{Rate: steadyRate, Poisson: true, Duration: time.Duration(b.seconds) * time.Second}
	r, err := b.child(ctx, o.Duration+30*time.Second, "pace-child", o.args()[1])
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(r.stdout, &l)
}
