package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"weir/report/runfile"
	"weir/scenarios/nginx"
)

// TestLabResult: what a run leaves for the process that started it, and that a folder without a record does
// not stay.
func TestLabResult(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		record bool
		want   labResult
		fails  bool // nothing was left that says how it ended
	}{
		"done":    {nil, true, labResult{}, false},
		"invalid": {&statusError{exitInvalid, nil}, true, labResult{}, false},
		"not installed": {fmt.Errorf("lane: %w", nginx.ErrNotInstalled), false,
			labResult{NotInstalled: "lane: " + nginx.ErrNotInstalled.Error()}, false},
		"failed":    {errors.New("no port"), false, labResult{Failed: "no port"}, false},
		"no record": {nil, false, labResult{}, true},
	} {
		dir, err := newFolder(filepath.Join(t.TempDir(), "runs", "one"))
		if err == nil && c.record {
			err = os.WriteFile(filepath.Join(dir, runfile.FileName), nil, 0o600)
		}
		if err := errors.Join(err, leaveResult(dir, c.err)); err != nil {
			t.Fatal(err)
		}
		got, err := takeResult(dir)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if left, _ := os.ReadDir(dir); c.record && len(left) != 1 || !c.record && len(left) != 0 {
			t.Errorf("%s: left: %v", name, left)
		}
		if _, err := os.Stat(dir); (err == nil) != c.record {
			t.Errorf("%s: the folder: %v", name, err)
		}
	}
	if _, err := takeResult(t.TempDir()); err == nil {
		t.Error("a run that was killed left a result")
	}
}

// TestNewFolder: a second run of the same second has a folder of its own.
func TestNewFolder(t *testing.T) {
	base := filepath.Join(t.TempDir(), "runs", "one")
	for _, want := range []string{base, base + "-2", base + "-3"} {
		if got, err := newFolder(base); got != want || err != nil {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}
