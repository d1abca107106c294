package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/pflag"
)

type options struct {
	design
	weir     string
	pairs    int
	simulate int
	keep     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "gatebench: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "design: %s\n", o.design)
	if o.simulate > 0 {
		return simulateAll(out, o.design, noises, o.simulate)
	}
	b := bench{options: o, out: out}
	return b.run(ctx)
}

func parse(args []string) (o options, err error) {
	f := pflag.NewFlagSet("gatebench", pflag.ContinueOnError)
	f.SortFlags = false
	f.IntVar(&o.pairs, "runs", 40,
		"decisions of each kind: the same server twice, and one that has lost a worker")
	f.IntVar(&o.simulate, "simulate", 0,
		"make so many decisions of each kind on simulated records instead, at each strength of noise")
	f.DurationVar(&o.trialFor, "trial-duration", time.Second, "of each trial")
	f.IntVar(&o.trials, "trials", 9,
		"of each run; a plateau takes 6, and 9 bear one that was disturbed on either side")
	f.IntVar(&o.workers, "workers", 10, "of the backend")
	f.IntVar(&o.lost, "lost", 1, "workers that are gone in the runs that have to fail")
	f.DurationVar(&o.service, "service-time", 50*time.Millisecond, "of the backend's workers")
	f.IntVar(&o.backlog, "backlog", 32, "of its listener")
	f.Float64Var(&o.load, "load", 1.5, "offered, × capacity")
	f.StringVar(&o.assert, "assert", "plateau.rate / baseline.plateau.rate >= 0.95",
		"`expression` that decides")
	f.StringVar(&o.weir, "weir", "bin/weir", "`program` to measure")
	f.StringVar(&o.keep, "keep", "", "keep the recorded runs in this `folder`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.pairs < 1 || o.lost < 1 || o.lost >= o.workers {
		return o, errors.New("--runs must be 1 or more, and --lost at least 1 and fewer than --workers")
	}
	return o, nil
}
