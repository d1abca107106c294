package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"weir/scenarios"
	"weir/scenarios/catalogue"
	"weir/scenarios/lab"
)

type reproduceFlags struct {
	outputFlags
	engineFlag
	catalogue.Options
	all     bool
	budget  time.Duration
	variant string
	seed    uint64
	nginx   string
	trace   bool
	flags   *pflag.FlagSet // all of these, as they were given
}

func newReproduce(s streams) *cobra.Command {
	var f reproduceFlags
	cmd := &cobra.Command{
		Use:   "reproduce [SCENARIO…]",
		Short: "Run scenarios of the catalogue in a private lab, without root",
		Long: `Runs scenarios in a private lab: network namespaces with real hosts in them, a real
kernel queue, and a real NGINX. It needs no root and changes no setting of this
machine. SCENARIO is a name of the catalogue (weir scenarios) or a .yaml file.

Each variant of a scenario is a run of its own. Assertions over the runs decide each
claim: confirmed, refuted, or only when …. --all prints the table of all claims, and
keeps it as claims.md and claims.html. More: weir help scenarios.

Exit status: 0 every claim was decided, 11 one was not, 12 a run is invalid, 1 one
could not run, 2 usage, 130 interrupted. With --assert it is the answer to the
assertions, as of weir gate.`,
		Example: `  weir reproduce backlog-overflow
  weir reproduce --all --quick
  weir reproduce unix-upstream --set service_time=50ms
  weir scenarios backlog-overflow > mine.yaml && weir reproduce mine.yaml`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return catalogue.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), s, args, commandLine(cmd))
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "run the whole catalogue")
	flags.DurationVar(&f.budget, "budget", 0,
		"time limit for all runs together; runs that do not fit are reported as left out (default with --all: 20m, with --quick: 6m)")
	flags.BoolVar(&f.Quick, "quick", false, "run the short form of each scenario")
	flags.StringArrayVar(&f.Set, "set", nil,
		"override a key of the scenario, `PATH=VALUE`, e.g. backend.service_time=200ms; may be repeated")
	flags.StringVar(&f.variant, "variant", "", "run only this `variant` of the scenario; no claim is decided")
	flags.BoolVar(&f.Flip, "flip", false, "reverse the scenario's main setting: the verdict must change")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the random numbers")
	flags.StringVar(&f.nginx, "nginx", "", "`path` of the NGINX to use; default: the installed one")
	flags.BoolVar(&f.trace, "trace", false,
		"also measure the accept queue and RSTs with eBPF; needs root (weir help queue)")
	f.engineFlag.register(flags)
	f.outputFlags.register(flags)
	flags.StringVar(&f.dir, "out-dir", "", "`folder` of the one run that another process judges")
	_ = flags.MarkHidden("out-dir")
	f.flags = flags
	return cmd
}

func (f *reproduceFlags) run(ctx context.Context, s streams, names, command []string) error {
	if err := f.engineFlag.check(); err != nil {
		return err
	}
	names, err := f.names(names)
	if err != nil {
		return err
	}
	var experiments []experiment
	for _, name := range names {
		e, err := f.open(name)
		if err != nil {
			return &statusError{exitUsage, err}
		}
		experiments = append(experiments, e.split()...)
	}
	if err := f.assertFlags.check(experiments[0].lanes()); err != nil {
		return err
	}
	if lab.Inside() {
		err := f.runOne(ctx, s, experiments[0].variants[0], command)
		if f.dir != "" {
			err = errors.Join(err, leaveResult(f.dir, err))
		}
		return err
	}
	e := experiments[0]
	one := len(experiments) == 1 && len(e.variants) == 1
	if len(f.asserts) > 0 && !one {
		return usage("--assert judges one run: name one scenario, and --variant where it has some")
	}
	alone := one && (f.variant != "" || len(e.verdicts()) == 0)
	if alone || f.dir != "" { // the latter is one run, on its way into its lab
		return f.enterLab(ctx, s)
	}
	return f.claims(ctx, s, experiments, command)
}

func (f *reproduceFlags) names(given []string) ([]string, error) {
	switch {
	case f.all && len(given) > 0:
		return nil, usage("--all is every scenario: name none beside it")
	case f.budget < 0:
		return nil, usage("--budget %v: give a time above 0", f.budget)
	case f.all:
		given = catalogue.Names()
		f.budget = cmp.Or(f.budget, map[bool]time.Duration{true: quickBudget, false: allBudget}[f.Quick])
	case len(given) == 0:
		given = []string{"backlog-overflow"}
	}
	if f.variant != "" && len(given) != 1 {
		return nil, usage("--variant %s: name its scenario, and no other", f.variant)
	}
	return given, nil
}

// experiment is a scenario with its variants.
type experiment struct {
	name     string // of the catalogue, or a file
	variants []catalogue.Scenario
}

// split makes an experiment of each variant where each is a claim of its own.
func (e experiment) split() (out []experiment) {
	if !e.variants[0].Each {
		return []experiment{e}
	}
	for _, v := range e.variants {
		out = append(out, experiment{e.name, []catalogue.Scenario{v}})
	}
	return out
}

// label is the experiment's row in a table.
func (e experiment) label() string {
	if first := e.variants[0]; !first.Each {
		return first.Name
	}
	return e.variants[0].ID()
}

func (e experiment) verdicts() []catalogue.Verdict { return e.variants[0].Verdicts }

func (e experiment) lanes() (names []string) {
	for _, l := range e.variants[0].Lanes {
		names = append(names, l.Name)
	}
	return names
}

func (f *reproduceFlags) open(name string) (experiment, error) {
	all, err := catalogue.Open(name, f.Options)
	if err != nil {
		return experiment{}, err
	}
	e := experiment{name, all}
	if _, err := conditions(e); err != nil {
		return e, err
	}
	if f.variant != "" {
		var known []string
		for _, v := range all {
			known = append(known, v.Variant)
		}
		i := slices.Index(known, f.variant)
		if len(all) == 1 {
			return e, usage("scenario %s has no variants: leave --variant out", name)
		}
		if i < 0 {
			return e, usage("scenario %s has no variant %s; it has: %s", name, quoted(f.variant),
				strings.Join(known, ", "))
		}
		e.variants = all[i : i+1]
	}
	return e, nil
}

func (f *reproduceFlags) runOne(ctx context.Context, s streams, scenario catalogue.Scenario,
	command []string) error {
	setup, err := scenarios.Reproduce(ctx, scenario, scenarios.LabOptions{
		Seed: f.seed, Version: version(), Program: "/proc/self/exe", Engine: f.engine, NGINX: f.nginx,
		Trace: f.trace,
	})
	if err != nil {
		return engineUsage(err)
	}
	return execute(ctx, s, f.outputFlags, setup, command, f.seed)
}

// enterLab runs this same command once more, inside new namespaces, and passes its exit status on.
func (f *reproduceFlags) enterLab(ctx context.Context, s streams) error {
	code, err := lab.Enter(ctx, os.Args, s.in, s.out, s.err, f.labOptions()...)
	if err != nil {
		return err
	}
	if code != exitPass {
		return &statusError{code, nil}
	}
	return nil
}

// labOptions are those that a trace needs: programs are loaded by the machine's root only.
func (f *reproduceFlags) labOptions() []lab.Option {
	if f.trace {
		return []lab.Option{lab.HostUser}
	}
	return nil
}
