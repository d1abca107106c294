package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"weir/probe"
	"weir/probe/prom"
	"weir/probe/remote"
	"weir/probe/table"
)

// probeFlags are those of `weir probe`.
type probeFlags struct {
	ndjson, once, untilStdin    bool
	trace                       bool
	printAlerts, printDashboard bool
	every, duration             time.Duration
	pid                         int
	prometheus                  string
}

func newProbe(s streams) *cobra.Command {
	var f probeFlags
	cmd := &cobra.Command{
		Use:   "probe [LISTENER…]",
		Short: "Watch accept queues and counters; it only reads",
		Long: `Watches the accept queues of listeners and the kernel's counters. It only reads.
LISTENER is :PORT, ADDRESS:PORT or the path of a unix socket. At a terminal it shows
a live table, elsewhere a line a second. Drops and totals count from the start;
rates and peaks in lines are those of the last second.

Recv-Q is the number of connections that wait for accept(). A queue of limit N is
full at N + 1. "drops" are packets that this listener dropped: a refused last ACK of
a handshake counts twice there, and once in ListenDrops. The counters below the table
are those of the whole network namespace. A unix socket has no drops: the kernel does
not count them. The probe also reports a backlog that the kernel clamped to
net.core.somaxconn, with what the server's command line asked for.

--once ends with status 1 if nobody listens on a LISTENER. Without LISTENER it lists
all of the network namespace, with the processes that hold them.

--ndjson prints a hello and then one sample a line (format weir.probe/3, times in
nanoseconds), for programs and for weir on another machine. It answers pings on stdin
where that is a pipe, and ends with stdin once a ping came.

More: weir help queue, weir help remote.`,
		Example: `  # is the queue of the server on port 8000 full?
  weir probe :8000

  # which listeners are there, and has one of them dropped anything?
  weir probe --once | grep ^listener

  # who holds them, and whose queue did the kernel make shorter than was asked?
  weir probe --once | grep -e ^server -e ^backlog

  # one reading for a script: how many wait now?
  weir probe --once --ndjson :8000 | jq '.listeners[0].depth'

  # a container's server, by any process in it; another machine's, by ssh
  weir probe --probe-pid $(docker inspect -f '{{.State.Pid}}' app) :8000
  ssh backend weir probe --ndjson --duration 10s :8000 > samples.ndjson

  # for Prometheus, on 127.0.0.1:9105, with example rules and a dashboard
  weir probe --prometheus :9105 :8000
  weir probe --print-alerts > weir-alerts.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), s, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.once, "once", false, "print one whole reading, and end")
	flags.BoolVar(&f.ndjson, "ndjson", false, "print JSON lines, for programs")
	flags.DurationVar(&f.every, "every", 0,
		"time between two readings of the kernel; 0: 10ms, with --prometheus 100ms")
	flags.DurationVar(&f.duration, "duration", 0,
		"time after which the probe ends; 0: when it is interrupted")
	flags.IntVar(&f.pid, "probe-pid", 0, "watch the network namespace of this `process`, e.g. of a container")
	flags.BoolVar(&f.trace, "trace", false, "also measure the accept queues and RSTs with eBPF; needs root")
	flags.StringVar(&f.prometheus, "prometheus", "",
		"serve /metrics on `[ADDRESS]:PORT`; without ADDRESS on loopback only")
	flags.BoolVar(&f.untilStdin, "until-stdin-closes", false, "with --ndjson: end when stdin ends")
	flags.BoolVar(&f.printAlerts, "print-alerts", false, "print alert rules for Prometheus, and end")
	flags.BoolVar(&f.printDashboard, "print-dashboard", false, "print a dashboard for Grafana, and end")
	return cmd
}

func (f *probeFlags) run(ctx context.Context, s streams, args []string) error {
	if f.printAlerts || f.printDashboard {
		return f.print(s.out)
	}
	if err := f.check(args); err != nil {
		return err
	}
	p, err := openWatched(args, f.pid, f.trace)
	if err != nil {
		return err
	}
	defer p.Close()
	if f.once {
		return f.readOnce(s, p)
	}
	watching, cancel := ctx, context.CancelFunc(func() {})
	if f.duration > 0 {
		watching, cancel = context.WithTimeout(ctx, f.duration)
	}
	defer cancel()
	switch {
	case f.ndjson:
		err = f.serve(watching, s, p)
	case f.prometheus != "":
		err = f.export(watching, s, p)
	default:
		err = f.watch(watching, s, p)
	}
	if err == nil && ctx.Err() != nil {
		return &statusError{exitInterrupted, nil}
	}
	return err
}

func (f *probeFlags) check(args []string) error {
	modes := 0
	for _, on := range []bool{f.once, f.ndjson && !f.once, f.prometheus != ""} {
		if on {
			modes++
		}
	}
	switch {
	case len(args) == 0 && !f.once:
		return usage("which listener? Name one or more: `weir probe :8000`; `weir probe --once` lists those of this machine")
	case f.trace && len(args) == 0:
		return usage("--trace times the queues of single listeners: name them by :PORT")
	case modes > 1:
		return usage("--once, --ndjson and --prometheus are different outputs: give one (--once --ndjson is one reading as JSON)")
	case f.untilStdin && (!f.ndjson || f.once):
		return usage("--until-stdin-closes goes with --ndjson")
	case f.every != 0 && f.every < time.Millisecond:
		return usage("--every must be at least 1ms, not %v", f.every)
	case f.duration < 0:
		return usage("--duration must be 0 (until interrupted) or more, not %v", f.duration)
	case f.pid < 0:
		return usage("--probe-pid must be a process id, not %d", f.pid)
	}
	if f.every == 0 {
		f.every = 10 * time.Millisecond
		if f.prometheus != "" {
			f.every = 100 * time.Millisecond
		}
	}
	return nil
}

func (f *probeFlags) print(out io.Writer) error {
	text := prom.Alerts
	if f.printDashboard {
		text = prom.Dashboard
	}
	_, err := io.WriteString(out, text)
	return err
}

// readOnce prints all that one reading gives. What is missing goes to stderr, a line each; a listener that
// was asked for and not found is in the exit status too, for scripts.
func (f *probeFlags) readOnce(s streams, p *watched) error {
	sample := p.ReadAll(time.Now())
	new(complaints).about(s, sample.Errors)
	found := error(nil)
	if !probe.Unlisted(sample.Errors) {
		for _, name := range p.unheard(addressesOf(sample.Listeners,
			func(l probe.Listener) string { return l.Addr })) {
			fmt.Fprintf(s.err, "weir: nobody listens on %s\n", table.Printable(name))
			found = &statusError{exitCouldNotRun, nil}
		}
	} else if !p.config.All {
		found = &statusError{exitCouldNotRun, nil}
	}
	if f.ndjson {
		return cmp.Or(remote.WriteSample(s.out, sample), found)
	}
	// an error is one of the sample's too
	d, _ := probe.Discover(p.config)
	// of a named one the slow sources have said it
	if p.config.All && d.Doubt() != "" && (d.Unheld() > 0 || !d.AsRoot) {
		fmt.Fprintf(s.err, "weir: not known: who holds %d of %d listeners, or who else holds them, and what they asked for: %s\n", d.Unheld(), len(d.Listeners), table.Printable(d.Doubt()))
	}
	_, err := io.WriteString(s.out, table.Once(sample, d))
	return cmp.Or(err, found)
}

// serve writes samples for another program until it has had enough.
func (f *probeFlags) serve(ctx context.Context, s streams, p *watched) error {
	signal.Ignore(syscall.SIGPIPE) // a reader that leaves is an end like any other, not a death
	hello := remote.Hello{Version: version(), Host: p.config.Host, Every: f.every, Listeners: p.names}
	// what the kernel would not tell is missing from the samples too, with the reason
	if d, err := probe.Discover(p.config); err == nil {
		hello.Discovery = &d
	}
	in := remote.Input{Ends: f.untilStdin}
	if f.untilStdin || isPipe(s.in) {
		in.Reader = s.in
	}
	return remote.Serve(ctx, p, hello, func() probe.Snapshot { return probe.TakeSnapshot(p.config) }, in,
		s.out)
}

// isPipe tells a pipe or a socket, behind which there may be a reader that pings, from a terminal or a file.
func isPipe(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}
