package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"weir/report"
	"weir/report/analysis/gate"
)

// gateFlags are those of `weir gate`.
type gateFlags struct {
	assertFlags
	json, printSchema bool
}

func newGate(s streams) *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate RUN",
		Short: "Check a recorded run against assertions (for CI)",
		Long: `Checks a recorded run against assertions, and prints for each whether it holds.
RUN is a run's folder or its run.ndjson.

  OPERAND OP LIMIT [over DURATION] [@PERCENT] [abort]

OPERAND is a metric, of one lane (proxy.bad.rate) or of each. It is of RUN, or of
the run that --baseline names (baseline.proxy.bad.rate), and may be divided by
another. OP is < <= > >= == != or in A..B. LIMIT has the unit of what it limits:
0.5%, 250ms, 390/s; counts and ratios have none. With over, every window of that
length must hold. @ is the confidence, 95 by default. With abort, weir run ends
its load as soon as the assertion can no longer pass.

An assertion passes where the whole interval of what was measured lies within the
limit, and fails where all of it lies outside. Otherwise, and where nothing was
measured, it is inconclusive. An INVALID run passes nothing. Latencies and shares
÷ those of a baseline need 5 pairs of trials at equal load.

The metrics that are used most; weir help metrics lists all:

` + indented(metricLines(gate.Metrics()[:gate.Common])) + `
Exit status: 0 all pass, 10 one failed, 11 none failed and one is inconclusive,
12 the run is invalid, 2 an assertion is wrong, 1 the run could not be read. In
GitHub's workflows the result is added to the job's summary.`,
		Example: `  weir gate RUN --assert 'proxy.bad.rate < 0.5% @99'
  weir gate RUN --assert 'onset.rate / capacity.computed in 0.95..1.10'
  weir gate RUN --baseline MAIN --junit gate.xml \
    --assert 'onset.rate / baseline.onset.rate >= 0.95'`,
		Args: arguments(func(cmd *cobra.Command, args []string) error {
			if f.printSchema {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		}),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.printSchema {
				_, err := s.out.Write(report.GateSchema())
				return err
			}
			return f.run(s, args[0])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.assertFlags.register(flags)
	flags.BoolVar(&f.json, "json", false, "print JSON instead of text, schema "+report.GateSchemaName)
	flags.BoolVar(&f.printSchema, "print-schema", false,
		"print the JSON Schema of --json, which describes every key; takes no RUN")
	return cmd
}

// indented begins each line with two blanks.
func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

func (f *gateFlags) run(s streams, path string) error {
	if err := f.read(); err != nil {
		return err
	}
	if len(f.asserts) == 0 {
		return usage("nothing to judge by: give --assert EXPR, like --assert 'bad.rate < 0.5%%', or" +
			" --assertions FILE")
	}
	a, err := analyze(path)
	if err != nil {
		return err
	}
	if err := gate.CheckRun(f.asserts, a, f.against); err != nil {
		return usage("%w", err)
	}
	j := judgement(a, f.against, gate.Evaluate(a, f.against, f.asserts))
	if err := errors.Join(f.print(s, j), f.publish(s, j)); err != nil {
		return err
	}
	return gateStatus(gate.Overall(j.Results))
}

func (f *gateFlags) print(s streams, j report.Judgement) error {
	if f.json {
		return j.JSON(s.out)
	}
	return j.Text(s.out, textOptions(s))
}
