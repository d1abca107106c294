// Package report shows an analysis to people and to programs: a verdict for one terminal screen, a
// self-contained page, Markdown for a pull request, and report.json.
//
// Its opinion: renderers decide nothing. Whatever is shown stands in the analysis.Analysis; a renderer
// only chooses words, places and colours, so that four formats cannot come to four verdicts. A doubt is
// shown beside the claim it weakens, a number carries its unit, an estimate its interval or the reason
// for having none, and what is not known is said to be unknown rather than drawn as zero.
//
// Every string of an analysis may come from a server, a header or a log line and is treated as hostile
// in every format. The package is not for computing: estimates belong to report/analysis.
package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"weir/report/result"
)

// WriteAll writes report.html, report.json and report.md into the folder dir, which must exist. Each
// file appears whole or not at all: it is written beside its final name and renamed. A file that could
// not be written does not keep the others from being written; the error names every one that failed.
func WriteAll(dir string, a *result.Analysis) error {
	formats := []struct {
		name   string
		render func(io.Writer, *result.Analysis) error
	}{
		{"report.json", JSON},
		{"report.md", Markdown},
		{"report.html", HTML},
	}
	var errs []error
	for _, f := range formats {
		if err := writeFile(filepath.Join(dir, f.name), a, f.render); err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", f.name, err))
		}
	}
	return errors.Join(errs...)
}

// writeFile renders into a temporary file of the same folder, so that the rename cannot cross file systems.
func writeFile[T any](path string, a T, render func(io.Writer, T) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if err = render(tmp, a); err != nil {
		return err
	}
	if err = tmp.Chmod(0o644); err != nil { // CreateTemp's 0600 would keep a report from whoever serves it
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
