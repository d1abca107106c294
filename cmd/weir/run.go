package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"weir/loadgen/plan"
	"weir/scenarios"
)

// runFlags are those of `weir run`.
type runFlags struct {
	targetFlags
	loadFlags
	outputFlags
	engineFlag
	stopFlags
	searchFlags
	name              string
	workers           int
	workerConnections int
	serviceTime       time.Duration
	probeListener     string
	probePid          int
	probeInterval     time.Duration
	probeCommand      string
	trace             bool
	errorLog          string
	recovery          time.Duration
	accessLog         string
	nginxStatus       string
	printNGINX        bool
}

func newRun(s streams) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Offer load to your own server: directly, through its proxy, or both",
		Long: `Offers load to servers that are already running: directly at the backend
(--direct), through its proxy (--proxy), or both in turn on the same schedule. It
watches the kernel at the same time, keeps a record, and reports at which rate
failures began. It changes no setting of the servers.

Without a plan: 15 trials a lane, from 0.6 to 1.6 × the computed capacity. weir
counts pre-forked workers on this machine, and prints the count. --workers
overrides it. The load is real: do not use it on a server that other people need.

More: weir help load, verdict, targets, connections, proxies, remote, modes.`,
		Example: `  # Gunicorn with 8 sync workers, and NGINX in front of it
  weir run --direct http://127.0.0.1:8000/ --proxy http://127.0.0.1:8080/ --workers 8

  # what the proxy adds, hides and costs: six pairs of trials at one rate, in turn
  weir run --direct http://127.0.0.1:8000/ --proxy http://127.0.0.1:8080/ \
    --rate 100 --duration 10s --pairs 6

  # a plan of its own, through the proxy alone
  weir run --proxy http://127.0.0.1:8080/ --steps 20..80 --trials 15 --trial-duration 5s

  # the highest rate that is sustained, in at most three minutes
  weir run --direct http://127.0.0.1:8000/ --workers 8 --search --budget 3m

  # a mix of requests over kept connections as NGINX keeps them, ended when it goes wrong
  weir run --direct http://127.0.0.1:8000/ --targets requests.txt --rate 200 --duration 10m \
    --connections reuse --max-idle 32 --requests-per-connection 1000 --idle-timeout 60s \
    --abort-if 'failed.rate > 5%' --max-duration 15m`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), s, commandLine(cmd)) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.targetFlags.register(flags)
	f.loadFlags.register(flags)
	f.searchFlags.register(flags)
	flags.IntVar(&f.workers, "workers", 0,
		"number of workers of the backend; 0: counted where that is certain")
	flags.IntVar(&f.workerConnections, "worker-connections", 0,
		"connections that a worker serves at the same time; 0: one")
	flags.DurationVar(&f.serviceTime, "service-time", 0,
		"time that a worker is busy with a request; 0: measured at low load")
	flags.StringVar(&f.probeListener, "probe-listener", "",
		"listener to watch: `:8000` or a unix socket's path; default: the target's port, if it is local")
	flags.IntVar(&f.probePid, "probe-pid", 0,
		"watch the network namespace of this `process`, e.g. of a container")
	flags.StringVar(&f.probeCommand, "probe-command", "",
		"`command` that runs the probe elsewhere, e.g. 'ssh backend weir probe --ndjson --until-stdin-closes :8000' (weir help remote)")
	flags.BoolVar(&f.trace, "trace", false,
		"also measure the accept queue and RSTs with eBPF; needs root (weir help queue)")
	flags.DurationVar(&f.probeInterval, "probe-interval", 10*time.Millisecond,
		"time between two readings of the kernel")
	flags.DurationVar(&f.recovery, "recovery", 0,
		"after the load, offer a few requests for this time, to see when the server recovers; 0: do not")
	flags.StringVar(&f.errorLog, "nginx-error-log", "",
		"`path` of the proxy's error log, which is read during the load")
	flags.StringVar(&f.accessLog, "nginx-access-log", "",
		"`path` of the proxy's access log in weir's log_format (--print-nginx-config)")
	flags.StringVar(&f.nginxStatus, "nginx-status", "",
		"`URL` of the proxy's stub_status, or unix:/path; read twice a second")
	flags.BoolVar(&f.printNGINX, "print-nginx-config", false,
		"print the NGINX configuration for --nginx-access-log and --nginx-status, and end")
	flags.StringVar(&f.name, "name", "run", "`name` of the run's folder")
	f.engineFlag.register(flags)
	f.stopFlags.register(flags)
	f.outputFlags.register(flags)
	sections(flags, [2]string{"direct", "Where the requests go"}, [2]string{"targets", "What is sent"},
		[2]string{"connections", "Connections"}, [2]string{"rate", "How much"},
		[2]string{"workers", "The server"},
		[2]string{"probe-listener", "The kernel"}, [2]string{"nginx-error-log", "The proxy"},
		[2]string{"name", "End and output"})
	return cmd
}

func (f *runFlags) run(ctx context.Context, s streams, command []string) error {
	if f.printNGINX {
		_, err := fmt.Fprint(s.out, nginxAdvice())
		return err
	}
	lanes, err := f.lanes()
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	var names []string
	for _, l := range lanes {
		names = append(names, l.Name)
	}
	if err := f.assertFlags.check(names); err != nil {
		return err
	}
	search, err := f.options(&f.loadFlags)
	if err != nil {
		return err
	}
	options := scenarios.AttachOptions{
		Name: f.name, Lanes: lanes,
		Plans: func(computed float64) ([]plan.Plan, error) { return f.plans(computed) }, Search: search,
		Recovery: f.recovery,
		Engine:   f.engine, Workers: f.workers, WorkerConnections: f.workerConnections,
		ServiceTime:   f.serviceTime,
		ProbeListener: f.probeListener, ProbePid: f.probePid, ProbeEvery: f.probeInterval,
		ProbeCommand: f.probeCommand, Trace: f.trace,
		NGINXErrorLog: f.errorLog, NGINXAccessLog: f.accessLog, NGINXStatus: f.nginxStatus,
	}
	if err := f.searchFlags.check(&f.loadFlags, f.workers > 0 || options.Discoverable()); err != nil {
		return err
	}
	if err := f.loadFlags.check(f.workers > 0 || options.Discoverable()); err != nil {
		return err
	}
	switch {
	case f.pairs != 0 && len(lanes) < 2:
		return usage("--pairs compares two lanes: give --direct and --proxy; of one lane `weir compare` compares two runs")
	case f.pairs != 0 && search != nil:
		return usage("--pairs and --search are different plans: a search chooses its trials itself")
	}
	setup, err := scenarios.Attach(ctx, options)
	if err != nil {
		return engineUsage(err)
	}
	for _, note := range slices.Concat(f.notes, f.unheeded(setup.Lanes)) {
		if !f.quiet {
			fmt.Fprintf(s.err, "weir: %s\n", note)
		}
	}
	setup.Notes = append(setup.Notes, setup.DoubtTrials()...)
	setup.Pairs = f.pairs
	setup.MaxDuration, f.stops = f.maxDuration, f.rules
	return execute(ctx, s, f.outputFlags, setup, command, f.seed)
}

func (f *runFlags) check() error {
	switch {
	case f.workers < 0:
		return usage("--workers must be 0 (not known) or more, not %d", f.workers)
	case f.workerConnections < 0:
		return usage("--worker-connections must be 0 or more, not %d", f.workerConnections)
	case f.serviceTime < 0:
		return usage("--service-time must be above 0, not %v", f.serviceTime)
	case f.probeInterval < time.Millisecond:
		return usage("--probe-interval must be at least 1ms, not %v", f.probeInterval)
	case f.recovery < 0 || f.recovery > 0 && f.recovery < time.Second:
		return usage("--recovery must be 0 (none) or at least 1s, not %v", f.recovery)
	case f.recovery > 0 && f.search:
		return usage("--recovery follows a load that ends as planned: a search has none")
	case f.probePid < 0:
		return usage("--probe-pid must be a process id, not %d", f.probePid)
	case f.probeCommand != "" && f.trace:
		return usage("--trace is for the probe that --probe-command runs: give it there")
	case f.probeCommand != "" && (f.probeListener != "" || f.probePid != 0):
		return usage("--probe-command names the listener itself: leave --probe-listener and --probe-pid out")
	case scenarios.CheckListener(f.probeListener) != nil:
		return usage("--probe-listener: %w", scenarios.CheckListener(f.probeListener))
	case !folderName(f.name):
		return usage("--name %s: use letters, digits, dots, dashes and underscores", quoted(f.name))
	}
	return cmp.Or(f.engineFlag.check(), f.stopFlags.check())
}

func folderName(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' ||
			r == '.') {
			return false
		}
	}
	return s != "" && s[0] != '.' && len(s) <= 100
}
