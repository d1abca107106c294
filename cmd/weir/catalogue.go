package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weir/scenarios/catalogue"
)

func newScenarios(s streams) *cobra.Command {
	var printSchema bool
	cmd := &cobra.Command{
		Use:   "scenarios [NAME]",
		Short: "List the catalogue, or print one scenario as YAML",
		Example: `  weir scenarios
  weir scenarios backlog-overflow > mine.yaml`,
		Args: arguments(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return catalogue.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if printSchema {
				_, err := s.out.Write(catalogue.Schema())
				return err
			}
			if len(args) == 1 {
				text, err := catalogue.Source(args[0])
				if err != nil {
					return &statusError{exitUsage, err}
				}
				_, err = s.out.Write(text)
				return err
			}
			return listScenarios(s.out)
		},
	}
	cmd.Flags().BoolVar(&printSchema, "print-schema", false, "print the JSON Schema of a scenario file, which describes every key")
	return cmd
}

// listScenarios prints each name with its claim beside it, in the columns of a terminal.
func listScenarios(w io.Writer) error {
	const column, width = 22, 79
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s%s\n", column, "SCENARIO", "CLAIM THAT IT PUTS TO THE TEST")
	for _, name := range catalogue.Names() {
		all, err := catalogue.Open(name, catalogue.Options{})
		if err != nil {
			return err
		}
		label := name
		for _, line := range wrapped(all[0].Claim, width-column) {
			b.WriteString(padded(label, column) + line + "\n")
			label = ""
		}
	}
	for _, form := range []struct {
		command string
		opt     catalogue.Options
	}{{"weir reproduce --all", catalogue.Options{}}, {"weir reproduce --all --quick", catalogue.Options{Quick: true}}} {
		runs, takes, err := wholeCatalogue(form.opt)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%-*s %d runs, about %.0f minutes", len("weir reproduce --all --quick")+1, form.command+":", runs, math.Ceil(takes.Minutes()))
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// wholeCatalogue says how many runs all scenarios take, and estimates how long.
func wholeCatalogue(opt catalogue.Options) (runs int, takes time.Duration, err error) {
	for _, name := range catalogue.Names() {
		all, err := catalogue.Open(name, opt)
		if err != nil {
			return 0, 0, err
		}
		runs += len(all)
		takes += expected(experiment{name, all})
	}
	return runs, takes, nil
}
