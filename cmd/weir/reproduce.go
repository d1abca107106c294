package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"weir/scenarios"
	"weir/scenarios/catalogue"
	"weir/scenarios/lab"
)

type reproduceFlags struct {
	outputFlags
	engineFlag
	seed  uint64
	nginx string
}

func newReproduce(s streams) *cobra.Command {
	var f reproduceFlags
	cmd := &cobra.Command{
		Use:   "reproduce [SCENARIO]",
		Short: "Run a scenario of the catalogue in a private lab, without root",
		Long: `Runs a scenario in a private lab: network namespaces with real hosts in them, a real
kernel queue, and a real NGINX. It needs no root and changes no setting of this
machine. SCENARIO is a name of the catalogue (see ` + "`weir scenarios`" + `) or a .yaml file.`,
		Example: `  weir reproduce backlog-overflow
  weir scenarios backlog-overflow > mine.yaml && weir reproduce mine.yaml`,
		Args: arguments(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return catalogue.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "backlog-overflow"
			if len(args) == 1 {
				name = args[0]
			}
			return f.run(cmd.Context(), s, name, commandLine(cmd))
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "of everything random")
	flags.StringVar(&f.nginx, "nginx", "", "`path` of the NGINX to use; default: the installed one")
	f.engineFlag.register(flags)
	f.outputFlags.register(flags)
	return cmd
}

func (f *reproduceFlags) run(ctx context.Context, s streams, name string, command []string) error {
	if err := f.engineFlag.check(); err != nil {
		return err
	}
	scenario, err := catalogue.Open(name)
	if err != nil {
		return &statusError{exitUsage, err}
	}
	if err := f.assertFlags.check(scenario.Lanes); err != nil {
		return err
	}
	if !lab.Inside() {
		return enterLab(ctx, s)
	}
	setup, err := scenarios.Reproduce(ctx, scenario, scenarios.LabOptions{
		Seed: f.seed, Version: version(), Program: "/proc/self/exe", Engine: f.engine, NGINX: f.nginx,
	})
	if err != nil {
		return engineUsage(err)
	}
	return execute(ctx, s, f.outputFlags, setup, command, f.seed)
}

// enterLab runs this same command once more, inside new namespaces, and passes its exit status on.
func enterLab(ctx context.Context, s streams) error {
	code, err := lab.Enter(ctx, os.Args, s.in, s.out, s.err)
	if err != nil {
		return err
	}
	if code != exitPass {
		return &statusError{code, nil}
	}
	return nil
}
