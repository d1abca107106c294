package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"weir/report/runfile"
	"weir/scenarios/lab"
	"weir/scenarios/nginx"
	"weir/scenarios/server"
)

// labResult is what a run in a lab leaves in its folder for the process that started it, beside its record.
// All else is read from the record itself.
type labResult struct {
	// which server, sysctl or CPU quota it has to do without
	NotInstalled string `json:"not_installed,omitempty"`
	Failed       string `json:"failed,omitempty"` // why it could not run
}

// resultName is the file of a labResult. Whoever reads it removes it.
const resultName = "lab-result.json"

// leaveResult writes the result of a run that ended in err into its folder.
func leaveResult(dir string, err error) error {
	var r labResult
	own, _ := errors.AsType[*statusError](err)
	switch {
	case isMissing(err):
		r.NotInstalled = err.Error()
	case err != nil && (own == nil || own.err != nil): // else all that is to be said is in the record
		r.Failed = err.Error()
	}
	text, errs := json.Marshal(r)
	return errors.Join(errs, os.WriteFile(filepath.Join(dir, resultName), text, 0o666))
}

// isMissing reports whether a run ended because something that it needs is not on this machine.
func isMissing(err error) bool {
	_, noServer := errors.AsType[*server.NotInstalledError](err)
	_, sysctl := errors.AsType[*lab.SysctlError](err)
	return noServer || sysctl && errors.Is(err, fs.ErrNotExist) || errors.Is(err, nginx.ErrNotInstalled) ||
		errors.Is(err, lab.ErrNoQuota)
}

// takeResult reads the result of a run, and removes its folder where it has no record.
func takeResult(dir string) (r labResult, err error) {
	path := filepath.Join(dir, resultName)
	text, err := os.ReadFile(path)
	if err == nil {
		err = errors.Join(json.Unmarshal(text, &r), os.Remove(path))
	}
	if _, none := os.Stat(filepath.Join(dir, runfile.FileName)); errors.Is(none, fs.ErrNotExist) {
		_ = os.Remove(dir) // only where it is empty
		if err == nil && r == (labResult{}) {
			err = errors.New("it left no record")
		}
	}
	return r, err
}

// runInLab runs this program in a new lab, with a folder for its record: whatever happens in it, nothing else
// of it stays.
func runInLab(ctx context.Context, args []string, dir string, stdout, stderr io.Writer,
	options ...lab.Option) (labResult, error) {
	var errs bytes.Buffer
	if stderr == nil {
		stderr = &errs
	}
	code, err := lab.Enter(ctx, append(args, "--out-dir="+dir), nil, stdout, stderr, options...)
	r, missing := takeResult(dir)
	if err == nil && missing != nil { // it was killed, or its arguments are wrong
		err = fmt.Errorf("exit status %d: %s", code,
			cmp.Or(strings.TrimSpace(errs.String()), missing.Error()))
	}
	return r, err
}

// newFolder makes a folder for a run. A second run of the same second gets a number behind its name.
func newFolder(base string) (string, error) {
	const most = 100
	if err := os.MkdirAll(filepath.Dir(base), 0o777); err != nil {
		return "", err
	}
	dir := base
	for i := 2; ; i++ {
		if err := os.Mkdir(dir, 0o777); !errors.Is(err, fs.ErrExist) || i > most {
			return dir, err
		}
		dir = fmt.Sprintf("%s-%d", base, i)
	}
}
