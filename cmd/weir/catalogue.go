package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"weir/report/doc"
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
			return listScenarios(s.out, textOptions(s))
		},
	}
	cmd.Flags().BoolVar(&printSchema, "print-schema", false,
		"print the JSON Schema of a scenario file, which describes every key")
	return cmd
}

// listScenarios prints each name with its claim beside it, in the columns of a terminal.
func listScenarios(w io.Writer, opt doc.TextOptions) error {
	list := doc.Table{Corner: "SCENARIO", Columns: []doc.Column{{Head: "CLAIM THAT IT TESTS", Prose: true}}}
	for _, name := range catalogue.Names() {
		all, err := catalogue.Open(name, catalogue.Options{})
		if err != nil {
			return err
		}
		list.Rows = append(list.Rows, doc.Row{Label: doc.T(name), Cells: doc.Cells(all[0].Claim)})
	}
	var whole doc.List
	for _, form := range []struct {
		command string
		opt     catalogue.Options
	}{{"weir reproduce --all:        ", catalogue.Options{}},
		{"weir reproduce --all --quick:", catalogue.Options{Quick: true}}} {
		runs, takes, err := wholeCatalogue(form.opt)
		if err != nil {
			return err
		}
		whole.Items = append(whole.Items, doc.T(fmt.Sprintf("%s %d runs, about %.0f minutes", form.command,
			runs, math.Ceil(takes.Minutes()))))
	}
	return doc.WriteText(w, doc.Document{Margin: 22,
		Blocks: []doc.Block{list, doc.Section{Blocks: []doc.Block{whole}}}}, opt)
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
