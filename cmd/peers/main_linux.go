package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"weir/loadgen/self"
)

// release is set by the linker.
var release = "unknown"

// options are the command line's.
type options struct {
	rounds, seconds, connections int
	only                         string
	long                         bool
}

var works = []string{"peak", "new", "cpu", "lag", "memory"}

func (o options) wants(work string) bool { return o.only == "" || o.only == work }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if _, said := errors.AsType[*exec.ExitError](err); !said { // by the child, in the namespace
			fmt.Fprintln(os.Stderr, "peers:", err)
		}
		stop()
		os.Exit(1)
	}
}

// run is the bench, or one of the processes that it makes of itself.
func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "stall-child":
		return stallChild()
	case len(args) == 2 && args[0] == "weir-child":
		return weirChild(ctx, args[1])
	case len(args) == 2 && args[0] == "pace-child":
		return paceChild(ctx, args[1])
	case len(args) > 1 && args[0] == "inside":
		return inside(ctx, args[1], args[2:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	found := findAll(ctx, os.Stderr)
	if err := namespaces(); err != nil {
		return measure(ctx, o, found, "the host's network: no namespace of its own ("+err.Error()+")")
	}
	return again(ctx, found, args)
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench-peers", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 5, "counted rounds; one more before them is not")
	f.IntVar(&o.seconds, "seconds", 2, "of each run")
	f.IntVar(&o.connections, "connections", 64, "of each generator")
	f.StringVar(&o.only, "only", "", strings.Join(works, "|"))
	f.BoolVar(&o.long, "long", false, "look for 10 minutes whether the memory stays flat, not for 20 s")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is not a flag", f.Arg(0))
	case o.rounds < 1 || o.seconds < 1 || o.connections < 1:
		return o, fmt.Errorf("-rounds, -seconds and -connections must be at least 1")
	case o.only != "" && !slices.Contains(works, o.only):
		return o, fmt.Errorf("-only %q: use one of %s", o.only, strings.Join(works, ", "))
	}
	return o, nil
}

// again runs this program once more, in a network namespace.
func again(ctx context.Context, found []installed, args []string) error {
	b, err := json.Marshal(found)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, exe, append([]string{"inside", string(b)}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = namespace()
	politely(cmd)
	return cmd.Run()
}

// inside is what again runs.
func inside(ctx context.Context, foundJSON string, args []string) error {
	var found []installed
	if err := json.Unmarshal([]byte(foundJSON), &found); err != nil {
		return err
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	network, err := setUpNetwork()
	if err != nil {
		return err
	}
	return measure(ctx, o, found, network)
}

// measure starts what is needed and runs the works.
func measure(ctx context.Context, o options, found []installed, network string) error {
	if _, err := self.RaiseFileLimit(); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
	}
	b, err := newBench(o, found)
	if err != nil {
		return err
	}
	defer b.close()
	b.printHeader(network)
	return b.all(ctx)
}
