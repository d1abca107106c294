package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"weir/report"
	"weir/report/analysis"
)

// renderers write one report to a stream. Text needs to know the terminal and is treated apart.
var renderers = map[string]func(io.Writer, *analysis.Analysis) error{
	"text": nil, "json": report.JSON, "markdown": report.Markdown, "html": report.HTML,
}

func newReport(s streams) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Make a run's report again, from its record alone",
		Long: `Makes report.html, report.json and report.md of a recorded run again and prints the
verdict. Everything comes from the record, so another machine makes the same
report. RUN is a run's folder or its run.ndjson. With --format, one rendering
goes to stdout and no file is written.`,
		Example: `  weir report weir-runs/20261122T134501Z-backlog-overflow
  weir report --format json RUN | jq '.lanes[].error_onset'`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, known := renderers[format]; !known && format != "" {
				return usage("--format %s: there are text, json, markdown and html", quoted(format))
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
	cmd.Flags().StringVar(&format, "format", "", "print `text`, json, markdown or html instead")
	return cmd
}
