package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"weir/report"
	"weir/report/analysis/compare"
	"weir/report/result"
	"weir/report/runfile"
)

// renderers write one report to a stream. Text needs to know the terminal and hlog the record, so that these
// two are treated apart.
var renderers = map[string]func(io.Writer, *result.Analysis) error{
	"text": nil, "json": report.JSON, "markdown": report.Markdown, "html": report.HTML, "csv": report.CSV,
	"hlog": nil,
}

func newReport(s streams) *cobra.Command {
	var format, printSchema string
	cmd := &cobra.Command{
		Use:   "report RUN [RUN RUN …]",
		Short: "Write the report of a run again, from its record",
		Long: `Writes report.html, report.json and report.md of a recorded run again, and prints the
verdict. Everything comes from the record: another machine makes the same report.
RUN is a run's folder or its run.ndjson. With --format, one rendering goes to stdout
and no file is written. csv has the bins of the timeline, hlog the latencies second
by second in HdrHistogram's log format.

Several runs that differ in workers or service time are compared with each other:
does the onset of failures move with workers ÷ service time (dose-response)? Formats
are text, json and html; no file is written. Exit status 12 if all are invalid.`,
		Example: `  weir report weir-runs/20261122T134501Z-backlog-overflow
  weir report --format json RUN | jq '.lanes[].error_onset'
  weir report --format hlog RUN > latencies.hlog
  weir report --format html FOUR-WORKERS EIGHT TWELVE > dose.html
  weir report --print-schema > weir.report.schema.json`,
		Args: arguments(func(cmd *cobra.Command, args []string) error {
			if printSchema != "" {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		}),
		RunE: func(_ *cobra.Command, args []string) error {
			if printSchema != "" {
				return writeSchema(s, printSchema)
			}
			if _, known := renderers[format]; !known && format != "" {
				return usage("--format %s: there are text, json, markdown, html, csv and hlog",
					quoted(format))
			}
			if len(args) > 1 {
				return doseResponse(s, args, format)
			}
			if format == "hlog" {
				return histogramLog(s.out, args[0])
			}
			a, err := analyze(args[0])
			if err != nil {
				return err
			}
			if format == "text" {
				return report.Text(s.out, a, textOptions(s))
			}
			if render := renderers[format]; render != nil {
				return render(s.out, a)
			}
			dir := args[0]
			if info, err := os.Stat(dir); err == nil && !info.IsDir() {
				dir = filepath.Dir(dir)
			}
			if err := report.Text(s.out, a, textOptions(s)); err != nil {
				return err
			}
			if err := report.WriteAll(dir, a); err != nil {
				return fmt.Errorf("%w; --format prints one rendering and writes no file", err)
			}
			return point(s, dir)
		},
	}
	cmd.Flags().StringVar(&format, "format", "",
		"print one format instead of writing the files: `text`, json, markdown, html, csv or hlog")
	cmd.Flags().StringVar(&printSchema, "print-schema", "",
		"print the JSON Schema of report.json, which describes every key, or with =dose that of several runs' --format json, with =record that of run.ndjson; takes no RUN")
	cmd.Flags().Lookup("print-schema").NoOptDefVal = "report"
	return cmd
}

// writeSchema prints what is published about a form of JSON.
func writeSchema(s streams, of string) error {
	schema := map[string]func() []byte{"report": report.Schema, "dose": report.DoseSchema,
		"record": report.RecordSchema}[of]
	if schema == nil {
		return usage("--print-schema=%s: there are report, dose and record", quoted(of))
	}
	_, err := s.out.Write(schema())
	return err
}

// doseResponse holds runs of several capacities against each other.
func doseResponse(s streams, paths []string, format string) error {
	render := map[string]func(*compare.Dose) error{
		"":     func(d *compare.Dose) error { return report.DoseText(s.out, d, textOptions(s)) },
		"text": func(d *compare.Dose) error { return report.DoseText(s.out, d, textOptions(s)) },
		"json": func(d *compare.Dose) error { return report.DoseJSON(s.out, d) },
		"html": func(d *compare.Dose) error { return report.DoseHTML(s.out, d) },
	}[format]
	if render == nil {
		return usage("--format %s is of one run; several are held against each other as text, json or html",
			quoted(format))
	}
	var runs []*result.Analysis
	for _, path := range paths {
		a, err := analyze(path)
		if err != nil {
			return err
		}
		runs = append(runs, a)
	}
	if err := render(compare.Doses(runs)); err != nil {
		return err
	}
	if !slices.ContainsFunc(runs, func(a *result.Analysis) bool { return a.Valid }) {
		return &statusError{exitInvalid, nil}
	}
	return nil
}

// histogramLog needs the record: the analysis keeps no histogram of each second.
func histogramLog(w io.Writer, path string) error {
	r, err := runfile.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	return report.HistogramLog(w, r)
}
