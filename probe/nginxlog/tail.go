package nginxlog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// guardSize is how much of what was read last is remembered, to see whether it still stands where it
	// stood.
	guardSize = 256

	// maxCopies bounds the files beside a truncated one that are looked into.
	maxCopies = 64
)

// tail is an open file, how far it was read, and the line that is not whole yet.
type tail struct {
	file   *os.File
	offset int64
	// what stands before offset, at most guardSize bytes of it; empty where nothing was read yet
	guard   []byte
	partial []byte
	skip    bool // the rest of a line that was too long
	buf     [guardSize + 32<<10]byte
}

func (t *tail) Close() error { return t.file.Close() }

// toEnd passes over what the file holds.
func (t *tail) toEnd() (err error) {
	if t.offset, err = t.file.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	t.guard = make([]byte, min(t.offset, guardSize))
	_, err = t.file.ReadAt(t.guard, t.offset-int64(len(t.guard)))
	return err
}

// truncated reports whether the file was emptied since the last look, also where it has grown again.
func (t *tail) truncated() bool {
	info, err := t.file.Stat()
	return err == nil && (info.Size() < t.offset || !t.holds(t.file))
}

// holds reports whether a file has, before the offset, what was read there.
func (t *tail) holds(file io.ReaderAt) bool {
	var now [guardSize]byte
	n, _ := file.ReadAt(now[:len(t.guard)], t.offset-int64(len(t.guard)))
	return bytes.Equal(now[:n], t.guard)
}

// finish hands over what the file held before it was truncated and was not read yet, if a copy of it stands
// beside it, and makes the file one of which nothing was read.
func (t *tail) finish(ctx context.Context, path string, line func([]byte)) {
	for _, name := range copies(path) {
		if len(t.guard) > 0 && t.finishFrom(ctx, name, line) {
			break
		}
	}
	t.offset, t.guard, t.partial, t.skip = 0, t.guard[:0], t.partial[:0], false
}

// copies are the files beside path that a rotation may have made of it, the latest first.
func copies(path string) []string {
	names, _ := filepath.Glob(globQuote(path) + `[.\-]*`) // .1 or -20260102: logrotate's names
	changed := make(map[string]time.Time, len(names))
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil {
			changed[name] = info.ModTime()
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return changed[b].Compare(changed[a]) })
	return names[:min(len(names), maxCopies)]
}

// finishFrom reports whether name is a copy of the file as it was.
func (t *tail) finishFrom(ctx context.Context, name string, line func([]byte)) bool {
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() || info.Size() < t.offset {
		return false
	}
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	if !t.holds(file) {
		return false
	}
	old := &tail{file: file, offset: t.offset, guard: t.guard, partial: t.partial, skip: t.skip}
	_, _ = old.read(ctx, line) // as far as it can be read
	return true
}

// globQuote takes the meaning from what has one in a pattern of filepath.Glob.
func globQuote(path string) string {
	var b bytes.Buffer
	for _, c := range []byte(path) {
		if bytes.IndexByte([]byte(`*?[\`), c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// read takes what the file held when it was called, not what a fast writer adds meanwhile, so that it
// ends.
func (t *tail) read(ctx context.Context, line func([]byte)) (n int64, err error) {
	info, err := t.file.Stat()
	if err != nil {
		return 0, err
	}
	size, began := info.Size(), t.offset
	for t.offset < size && ctx.Err() == nil {
		// With what was read last, so that it is seen whether that still stands there: the file may be
		// truncated, and grow again, between any two of these.
		g := len(t.guard)
		n, err := t.file.ReadAt(t.buf[:min(int64(len(t.buf)), size-t.offset+int64(g))], t.offset-int64(g))
		if n <= g || !bytes.Equal(t.buf[:g], t.guard) { // truncated meanwhile: the next look sees it
			break
		}
		more := t.buf[g:n]
		t.offset += int64(len(more))
		t.remember(more)
		t.split(more, line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t.offset - began, err
		}
	}
	return t.offset - began, nil
}

// remember keeps the end of what was read.
func (t *tail) remember(b []byte) {
	if len(b) < guardSize {
		t.guard = append(t.guard, b...)
		b = t.guard
	}
	t.guard = append(t.guard[:0], b[max(0, len(b)-guardSize):]...)
}

func (t *tail) split(b []byte, line func([]byte)) {
	for {
		part, rest, ended := bytes.Cut(b, []byte("\n"))
		if !t.skip {
			room := maxLine - len(t.partial)
			t.partial = append(t.partial, part[:min(len(part), room)]...)
			t.skip = len(part) > room
			if t.skip || ended {
				line(bytes.TrimSuffix(t.partial, []byte("\r")))
				t.partial = t.partial[:0]
			}
		}
		if !ended {
			return
		}
		t.skip = false
		b = rest
	}
}
