package nginxlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	// maxLine bounds a line. NGINX's error lines have at most 2048 bytes (NGX_MAX_ERROR_STR); an access line
	// holds what clients send. A longer one is handed over cut.
	maxLine = 16 << 10

	// lingerPolls is for how many looks without news a rotated file is still read: NGINX writes to it until it
	// is told to reopen its logs, and its workers do that one by one.
	lingerPolls = 50

	minPoll = time.Millisecond
)

// Follower reads the lines that are added to a file, by looking at it now and then: no notification
// mechanism of the system, so it works on every file system and leaves nothing behind. It survives
// rotation (the path names another file: the old one is read to its end, and a while longer) and
// truncation (the file is shorter than before, or does not hold what was read last where it was: it is
// read from its beginning, and what had not been read yet is looked for in the copy beside it that was made
// before, as by logrotate's copytruncate). What is written between that copy and the truncation is lost to everybody.
type Follower struct {
	path    string
	current *tail // nil while there is no file
	rotated *tail
	idle    int // looks without news from rotated
}

// NewFollower follows path from its present end, or from its beginning if it does not exist yet.
func NewFollower(path string) (*Follower, error) {
	f := &Follower{path: path}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("following a log: %w", err)
	}
	t := &tail{file: file}
	if err := t.toEnd(); err != nil {
		file.Close()
		return nil, fmt.Errorf("following a log: %w", err)
	}
	f.current = t
	return f, nil
}

// Poll hands over the lines that were completed since the last look, without their line ends. A line
// is valid only during its call. The last line is kept until it is whole.
func (f *Follower) Poll(ctx context.Context, line func([]byte)) error {
	next, err := f.reopened()
	if err != nil {
		return err
	}
	if f.rotated != nil {
		n, err := f.rotated.read(ctx, line)
		if f.idle++; n > 0 {
			f.idle = 0
		}
		if err != nil || f.idle >= lingerPolls {
			f.rotated.Close()
			f.rotated = nil
		}
	}
	if f.current != nil { // after a rotation too: what was written before it comes before what is in the new file
		if f.current.truncated() {
			f.current.finish(ctx, f.path, line)
		}
		if _, err := f.current.read(ctx, line); err != nil {
			return fmt.Errorf("following %s: %w", f.path, err)
		}
	}
	if next == nil {
		return nil
	}
	if f.rotated != nil {
		f.rotated.Close()
	}
	f.rotated, f.current, f.idle = f.current, next, 0
	if _, err := f.current.read(ctx, line); err != nil {
		return fmt.Errorf("following %s: %w", f.path, err)
	}
	return nil
}

// reopened opens the file if the path names another one than before.
func (f *Follower) reopened() (*tail, error) {
	now, err := os.Stat(f.path)
	if err != nil {
		return nil, ignoreMissing(err) // between the rename and the reopening
	}
	if f.current != nil {
		was, err := f.current.file.Stat()
		if err != nil || os.SameFile(was, now) {
			return nil, err
		}
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	return &tail{file: file}, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("following a log: %w", err)
}

// Close closes the files.
func (f *Follower) Close() error {
	var errs []error
	for _, t := range []*tail{f.current, f.rotated} {
		if t != nil {
			errs = append(errs, t.Close())
		}
	}
	return errors.Join(errs...)
}

// Follow hands over every line that is added to path, until ctx ends; then it looks a last time, so
// that what was written before is not lost, and returns nil. Lines that are there already are not handed
// over. line's argument is valid only during the call.
func Follow(ctx context.Context, path string, every time.Duration, line func([]byte)) error {
	f, err := NewFollower(path)
	if err != nil {
		return err
	}
	defer f.Close()
	ticker := time.NewTicker(max(every, minPoll))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return f.Poll(context.WithoutCancel(ctx), line)
		case <-ticker.C:
		}
		if err := f.Poll(ctx, line); err != nil {
			return err
		}
	}
}
