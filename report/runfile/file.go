package runfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FileName is what a run's record is called in its folder.
const FileName = "run.ndjson"

// Create makes the folder, where it is missing, and an empty record in it. It never touches a record that
// is there already.
func Create(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("create run folder: %w", err)
	}
	path := filepath.Join(dir, FileName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create record: %w: choose another folder, records are never overwritten", err)
	}
	if err != nil {
		return nil, fmt.Errorf("create record: %w", err)
	}
	w := NewWriter(f)
	w.path = path
	return w, nil
}

// Open opens a run for reading, given its folder or the record itself. Close the reader after use.
func Open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	if info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open record: %w: name a folder that weir run or weir reproduce made", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	r := NewReader(f, path)
	r.close = f.Close
	return r, nil
}
