package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"weir/scenarios/catalogue"
)

func newScenarios(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "scenarios [NAME]",
		Short: "List the catalogue, or print one scenario as YAML to copy and change",
		Example: `  weir scenarios
  weir scenarios backlog-overflow > mine.yaml`,
		Args: arguments(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return catalogue.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				text, err := catalogue.Source(args[0])
				if err != nil {
					return &statusError{exitUsage, err}
				}
				_, err = s.out.Write(text)
				return err
			}
			table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			fmt.Fprintf(table, "SCENARIO\tCLAIM THAT IT PUTS TO THE TEST\n")
			for _, name := range catalogue.Names() {
				scenario, err := catalogue.Open(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(table, "%s\t%s\n", name, scenario.Claim)
			}
			return table.Flush()
		},
	}
}
