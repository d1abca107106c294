package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "Find out how many requests a second a server can take, and what breaks first",
		Long: `weir offers load to a server on a fixed schedule (open loop), reads the kernel's
accept queue and overflow counters at the same time, and reports at which offered
rate failures begin, how sure that is, and what the clients saw.

Every flag can also be given in the environment: --connect-timeout as
WEIR_CONNECT_TIMEOUT. Results go to stdout, progress and warnings to stderr.

Exit status: 0 done, 1 could not run, 2 usage, 10 an assertion failed or
--abort-if ended the load, 11 inconclusive, 12 the run is invalid, 130
interrupted. From 10 on the record is kept.`,
		Example: `  weir reproduce backlog-overflow
  weir run --direct http://127.0.0.1:8000/ --workers 8
  weir report weir-runs/20261122T134501Z-run
  weir help start`,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usage("%s", unknownCommand(cmd, args[0]))
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags()) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; `%s --help` lists the flags", err, cmd.CommandPath())
	})
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Measure a server:", []*cobra.Command{newRun(s), newProbe(s), newCapacity(s)}},
		{"Judge what was measured:", []*cobra.Command{newReport(s), newCompare(s), newGate(s)}},
		{"Learn what overload does:", []*cobra.Command{newReproduce(s), newScenarios(s)}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	root.AddCommand(newVersion(s), newBackend(s))
	root.SetHelpCommand(newHelp(s))
	root.SetUsageFunc(usageOf)
	return root
}

func unknownCommand(root *cobra.Command, name string) string {
	text := "unknown command " + quoted(name)
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return text + "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return text + "; `weir --help` lists the commands"
}

// arguments turns cobra's complaint about positional arguments into a usage error.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%w; see `%s --help`", err, cmd.CommandPath())
		}
		return nil
	}
}

// fromEnvironment sets every flag that the command line did not from WEIR_FLAG.
func fromEnvironment(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "WEIR_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := os.LookupEnv(name)
		if !set || f.Changed || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			errs = append(errs, usage("%s=%s in the environment: %w", name, value, err))
		}
	})
	return errors.Join(errs...)
}
