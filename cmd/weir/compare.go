package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"weir/report"
	"weir/report/analysis/compare"
	"weir/report/result"
)

func newCompare(s streams) *cobra.Command {
	var lanes, format string
	var printSchema bool
	cmd := &cobra.Command{
		Use:   "compare A [B]",
		Short: "Compare two recorded runs, or two lanes of one",
		Long: `Compares two recorded runs, lane by lane: before and after a change, or two days.
With one run, it compares its direct and its proxy lane. A and B are folders or
run.ndjson.

Trials at equal load are paired. The pairs, not the requests, give the intervals.
Percentiles come from merged histograms. Where no difference is found, the smallest
difference that would probably have been found is stated. Warnings name what is not
alike (kernel, machine, NGINX, engine, plan …).

Exit status: 0 compared, 2 usage, 12 one of the runs is invalid.`,
		Example: `  weir compare weir-runs/20261122T134501Z-run weir-runs/20261123T101500Z-run
  weir compare RUN --lanes direct,proxy
  weir compare BEFORE AFTER --format markdown >> "$GITHUB_STEP_SUMMARY"`,
		Args: arguments(func(cmd *cobra.Command, args []string) error {
			if printSchema {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.RangeArgs(1, 2)(cmd, args)
		}),
		RunE: func(_ *cobra.Command, args []string) error {
			if printSchema {
				_, err := s.out.Write(report.CompareSchema())
				return err
			}
			render, known := compareRenderers(s)[format]
			if !known {
				return usage("--format %s: there are text, json, markdown and html", quoted(format))
			}
			found, err := comparisons(args, lanes)
			if err != nil {
				return err
			}
			if err := render(found); err != nil {
				return err
			}
			if slices.ContainsFunc(found.List, func(c *result.Comparison) bool {
				return !c.A.Valid ||
					!c.B.Valid
			}) {
				return &statusError{exitInvalid, nil}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&lanes, "lanes", "",
		"lanes to compare: `A,B` for lane A of the first run and lane B of the second, or one name for both")
	cmd.Flags().StringVar(&format, "format", "text", "output format: `text`, json, markdown or html")
	cmd.Flags().BoolVar(&printSchema, "print-schema", false,
		"print the JSON Schema of --format json, which describes every key; takes no run")
	return cmd
}

func compareRenderers(s streams) map[string]func(*report.Comparisons) error {
	return map[string]func(*report.Comparisons) error{
		"text":     func(c *report.Comparisons) error { return report.CompareText(s.out, c, textOptions(s)) },
		"json":     func(c *report.Comparisons) error { return report.CompareJSON(s.out, c) },
		"markdown": func(c *report.Comparisons) error { return report.CompareMarkdown(s.out, c) },
		"html":     func(c *report.Comparisons) error { return report.CompareHTML(s.out, c) },
	}
}

// comparisons reads the runs and compares the lanes that were asked for: with two runs, all that both have.
func comparisons(args []string, lanes string) (*report.Comparisons, error) {
	a, err := analyze(args[0])
	if err != nil {
		return nil, err
	}
	b := a
	if len(args) == 2 {
		if b, err = analyze(args[1]); err != nil {
			return nil, err
		}
	}
	pairs, err := lanePairs(a, b, lanes)
	if err != nil {
		return nil, err
	}
	found := report.NewComparisons()
	for _, p := range pairs {
		la, lb := compare.Lane(a, p[0]), compare.Lane(b, p[1])
		if la == nil || lb == nil {
			return nil, usage("--lanes: lane %s of A cannot be compared with lane %s of B: A has %s, B has %s", quoted(p[0]), quoted(p[1]), laneNames(a), laneNames(b))
		}
		found.Add(compare.Arms(a, la, b, lb), la, lb)
	}
	return found, nil
}

// lanePairs are the names of the lanes to compare.
func lanePairs(a, b *result.Analysis, lanes string) (pairs [][2]string, err error) {
	switch names := strings.Split(lanes, ","); {
	case lanes != "" && len(names) == 2:
		return [][2]string{{names[0], names[1]}}, nil
	case lanes != "" && len(names) == 1 && a != b:
		return [][2]string{{names[0], names[0]}}, nil
	case lanes != "":
		return nil, usage("--lanes %s: give two names, as direct,proxy, or with two runs one", quoted(lanes))
	case a == b:
		return [][2]string{{"direct", "proxy"}}, nil
	}
	for i := range a.Lanes {
		if name := a.Lanes[i].Name; compare.Lane(b, name) != nil {
			pairs = append(pairs, [2]string{name, name})
		}
	}
	if len(pairs) == 0 {
		return nil, usage("the runs have no lane in common: A has %s, B has %s; --lanes names one of each",
			laneNames(a), laneNames(b))
	}
	return pairs, nil
}

func laneNames(a *result.Analysis) string {
	var names []string
	for i := range a.Lanes {
		names = append(names, quoted(a.Lanes[i].Name))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
