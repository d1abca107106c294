package nginxlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

const (
	// maxLine bounds a line. NGINX's error lines have at most 2048 bytes (NGX_MAX_ERROR_STR); an access line
	// holds what clients send. A longer one is handed over cut.
	maxLine = 16 << 10

	// keepOld is how long a rotated file without news is still read: NGINX writes to it until it is told to
	// reopen its logs (SIGUSR1), and its workers do that one by one, a busy one late. logrotate tells it once
	// all of a host's logs are renamed.
	keepOld = time.Minute

	// maxOld bounds how many rotated files are read. The oldest has to go then.
	maxOld = 4

	minPoll = time.Millisecond
)

// Follower reads the lines that are added to a file, by looking at it now and then: no notification mechanism
// of the system, so it works on every file system and leaves nothing behind. It survives rotation (the path
// names another file: the old one is read to its end, and a while longer) and truncation (the file is shorter
// than before, or does not hold what was read last where it was: it is read from its beginning, and what had
// not been read yet is looked for in the copy beside it that was made before, as by logrotate's
// copytruncate). What is written between that copy and the truncation is lost to everybody.
//
// What it cannot see: a file that came and was renamed again between two looks, and a second truncation
// between two looks; a truncation of a file of which nothing was read yet; a copy that is compressed at once.
type Follower struct {
	path    string
	current *tail // nil while there is no file
	old     []rotated
	now     func() time.Time
}

// rotated is a file that the path named before.
type rotated struct {
	*tail
	heard time.Time // when there was news of it, or when it was rotated
}

// NewFollower follows path from its present end, or from its beginning if it does not exist yet.
func NewFollower(path string) (*Follower, error) {
	f := &Follower{path: path, now: time.Now}
	file, err := Open(path)
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

// Open opens a log that can be followed: a file. A pipe or a terminal, as the logs of NGINX's container image
// are, has no place to which a reader could come back; opening one might wait for its writer without end.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file (%v): have NGINX log to one (error_log, access_log)",
			path, info.Mode())
	}
	return os.Open(path)
}

// Poll hands over the lines that were completed since the last look, without their line ends. A line
// is valid only during its call. The last line is kept until it is whole.
func (f *Follower) Poll(ctx context.Context, line func([]byte)) error {
	next, err := f.reopened()
	if err != nil {
		return err
	}
	f.readOld(ctx, line)
	// after a rotation too: what was written before it comes before what is in the new file
	if f.current != nil {
		if f.current.truncated() {
			f.current.finish(ctx, f.path, line)
		}
		_, err = f.current.read(ctx, line)
	}
	if next != nil {
		f.retire()
		f.current = next
		_, err2 := f.current.read(ctx, line)
		err = errors.Join(err, err2)
	}
	if err != nil {
		return fmt.Errorf("following %s: %w", f.path, err)
	}
	return nil
}

// readOld reads what late workers wrote, and lets go of the files that have been silent for long.
func (f *Follower) readOld(ctx context.Context, line func([]byte)) {
	now, kept := f.now(), f.old[:0]
	for _, r := range f.old {
		n, err := r.read(ctx, line)
		if n > 0 {
			r.heard = now
		}
		if err != nil || now.Sub(r.heard) >= keepOld {
			r.Close()
			continue
		}
		kept = append(kept, r)
	}
	f.old = kept
}

// retire makes the current file one of the old ones.
func (f *Follower) retire() {
	if f.current == nil {
		return
	}
	if len(f.old) == maxOld {
		f.old[0].Close()
		f.old = slices.Delete(f.old, 0, 1)
	}
	f.old = append(f.old, rotated{f.current, f.now()})
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
	file, err := Open(f.path)
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
	for _, r := range f.old {
		errs = append(errs, r.Close())
	}
	if f.current != nil {
		errs = append(errs, f.current.Close())
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
