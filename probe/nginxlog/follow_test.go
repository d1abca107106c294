package nginxlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// log is a file that a test writes to as NGINX does, and the follower that watches it.
type log struct {
	t    *testing.T
	path string
	file *os.File
	f    *Follower
	got  []string
}

func newLog(t *testing.T, before string) *log {
	l := &log{t: t, path: filepath.Join(t.TempDir(), "error.log")}
	if before != "" {
		l.reopen()
		l.write(before)
	}
	f, err := NewFollower(l.path)
	if err != nil {
		t.Fatal(err)
	}
	l.f = f
	t.Cleanup(func() {
		f.Close()
		if l.file != nil {
			l.file.Close()
		}
	})
	return l
}

// reopen opens the path anew, as on SIGUSR1; the file that was open before is returned.
func (l *log) reopen() (old *os.File) {
	old = l.file
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		l.t.Fatal(err)
	}
	l.file = file
	return old
}

func (l *log) write(text string) { writeTo(l.t, l.file, text) }

func writeTo(t *testing.T, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// want polls once and compares all that came.
func (l *log) want(lines ...string) {
	l.t.Helper()
	l.got = nil
	if err := l.f.Poll(l.t.Context(), func(b []byte) { l.got = append(l.got, string(b)) }); err != nil {
		l.t.Fatal(err)
	}
	if !slices.Equal(l.got, lines) {
		l.t.Errorf("got %.200q, want %.200q", l.got, lines)
	}
}

func TestFollowFromTheEnd(t *testing.T) {
	l := newLog(t, "old\n")
	l.want()
	l.write("one\ntwo\r\nthr")
	l.want("one", "two")
	l.want()
	l.write("ee\n\n")
	l.want("three", "")
}

func TestFollowFileThatComesLater(t *testing.T) {
	l := newLog(t, "")
	l.want()
	l.reopen()
	l.write("first\n")
	l.want("first")
}

// NGINX keeps writing to the renamed file until every worker has reopened its log.
func TestFollowRotation(t *testing.T) {
	l := newLog(t, "old\n")
	l.write("a\n")
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		t.Fatal(err)
	}
	l.want("a")
	l.write("b\n")
	l.want("b")
	l.write("c\n")
	old := l.reopen()
	defer old.Close()
	l.write("d\n")
	l.want("c", "d")
	writeTo(t, old, "e, from a worker that was late\n")
	l.write("f\n")
	l.want("e, from a worker that was late", "f")
	now := time.Now()
	l.f.now = func() time.Time { return now }
	now = now.Add(59 * time.Second)
	writeTo(t, old, "from one that was very late\n")
	l.want("from one that was very late")
	now = now.Add(59 * time.Second) // since its last news
	writeTo(t, old, "and later\n")
	l.want("and later")
	now = now.Add(keepOld)
	l.want()
	if len(l.f.old) != 0 {
		t.Error("the rotated file is kept open for ever")
	}
	l.write("g\n")
	l.want("g")
}

func TestFollowManyRotations(t *testing.T) {
	l := newLog(t, "old\n")
	const n = 2 * maxOld
	var old []*os.File
	for i := range n {
		l.write(fmt.Sprintf("%d\n", i))
		l.want(fmt.Sprint(i))
		if err := os.Rename(l.path, fmt.Sprintf("%s.%d", l.path, i)); err != nil {
			t.Fatal(err)
		}
		file := l.reopen()
		defer file.Close()
		old = append(old, file)
	}
	l.write("last\n")
	l.want("last")
	var want []string
	for i, file := range old {
		writeTo(t, file, fmt.Sprintf("late, to %d\n", i))
		if i >= n-maxOld {
			want = append(want, fmt.Sprintf("late, to %d", i))
		}
	}
	l.want(want...)
	if len(l.f.old) != maxOld {
		t.Errorf("%d rotated files are kept open, want %d", len(l.f.old), maxOld)
	}
}

func TestFollowTruncation(t *testing.T) {
	l := newLog(t, "old\n")
	l.write("one\ntw")
	l.want("one")
	if err := os.Truncate(l.path, 0); err != nil {
		t.Fatal(err)
	}
	l.write("a\n")
	l.want("a") // and not "twa"
}

// While a chunk of lines is handed over, the file is copied, truncated and written anew: what was in it comes
// from the copy, and nothing of the new text is taken for a part of the old.
func TestFollowTruncationWhileReading(t *testing.T) {
	for _, copied := range []bool{true, false} {
		l := newLog(t, "old\n")
		var want []string
		for i := range 5000 { // some chunks
			want = append(want, fmt.Sprintf("%d %s", i, strings.Repeat("x", 80)))
		}
		l.write(strings.Join(want, "\n") + "\n")
		truncate := func() {
			if copied {
				text, err := os.ReadFile(l.path)
				if err = errors.Join(err, os.WriteFile(l.path+".1", text, 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Truncate(l.path, 0); err != nil {
				t.Fatal(err)
			}
			for i := range 6000 { // more than there was
				l.write(fmt.Sprintf("new %d %s\n", i, strings.Repeat("y", 80)))
			}
		}
		var got []string
		take := func(b []byte) {
			if got = append(got, string(b)); len(got) == 100 {
				truncate()
			}
		}
		for range 2 {
			if err := l.f.Poll(t.Context(), take); err != nil {
				t.Fatal(err)
			}
		}
		i := slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "new ") })
		if i < 100 || copied && i != len(want) || !slices.Equal(got[:i], want[:i]) {
			t.Fatalf("copied %v: %d old lines came in order", copied, i)
		}
		for n, line := range got[i:] {
			if line != fmt.Sprintf("new %d %s", n, strings.Repeat("y", 80)) {
				t.Fatalf("copied %v: a line reads %q where new %d was due", copied, line, n)
			}
		}
		if n := len(got) - i; n != 6000 {
			t.Errorf("copied %v: %d lines came of 6000 new ones", copied, n)
		}
	}
}

// Removed and made anew, as some scripts do: what the writer still puts into the removed one comes too.
func TestFollowRemoval(t *testing.T) {
	l := newLog(t, "old\n")
	l.write("one\n")
	if err := os.Remove(l.path); err != nil {
		t.Fatal(err)
	}
	l.write("two\nthr")
	l.want("one", "two")
	old := l.reopen()
	defer old.Close()
	l.write("four\n")
	l.want("four")
	writeTo(t, old, "ee\n")
	l.want("three")
}

// The file may have grown beyond its old length before anybody looks again.
func TestFollowTruncationThatIsOutgrown(t *testing.T) {
	l := newLog(t, "old, which is followed from its end\n")
	l.write("one\n")
	l.want("one")
	for i := range 3 {
		if err := os.Truncate(l.path, 0); err != nil {
			t.Fatal(err)
		}
		long, last := strings.Repeat("x", 400), fmt.Sprintf("no. %d", i)
		l.write(long + "\n" + last + "\n")
		l.want(long, last)
	}
}

// TestFollowLosesNothing rotates a log in both ways while it is written to, and looks at it seldom: every
// line must come, once, in order.
func TestFollowLosesNothing(t *testing.T) {
	copyTruncate := func(l *log, name string) {
		text, err := os.ReadFile(l.path)
		if err == nil {
			err = errors.Join(os.WriteFile(name, text, 0o600), os.Truncate(l.path, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rename := func(l *log, name string) {
		if err := os.Rename(l.path, name); err != nil {
			t.Fatal(err)
		}
		l.write("still to the old file\n")
		l.reopen().Close()
	}
	for _, test := range []struct {
		name   string
		rotate func(*log, string)
		suffix func(int) string
	}{
		{"copytruncate, numbered", copyTruncate, func(int) string { return ".1" }},
		{"copytruncate, dated", copyTruncate, func(i int) string { return fmt.Sprintf("-202601%02d", i+1) }},
		{"rename and create", rename, func(i int) string { return fmt.Sprintf(".%d", 100-i) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLog(t, "old\n")
			l.t = t
			var got []string
			next := 0
			lines := func(n int) {
				for range n {
					l.write(fmt.Sprintf("line %d of some length\n", next))
					next++
				}
			}
			for i := range 30 {
				lines(1 + 7*i%50)
				l.write("half of a ")
				if i%3 != 0 { // else all of it is found in the copy
					l.f.Poll(t.Context(), func(b []byte) { got = append(got, string(b)) })
				}
				l.write("line\n")
				lines(i % 5)
				test.rotate(l, l.path+test.suffix(i))
				lines(1 + i%4) // of a file that was empty at every look nobody can tell that it was truncated
				l.f.Poll(t.Context(), func(b []byte) { got = append(got, string(b)) })
			}
			n := 0
			for _, line := range got {
				var k int
				if _, err := fmt.Sscanf(line, "line %d of some length", &k); err != nil {
					if line != "half of a line" && line != "still to the old file" {
						t.Fatalf("a line reads %q", line)
					}
					continue
				}
				if k != n {
					t.Fatalf("line %d came where %d was due", k, n)
				}
				n++
			}
			if n != next {
				t.Errorf("%d lines came of %d", n, next)
			}
		})
	}
}

func TestFollowBoundsLines(t *testing.T) {
	l := newLog(t, "old\n")
	long := strings.Repeat("x", maxLine)
	l.write(long + "y\n" + long + "\nshort\n")
	l.want(long, long, "short")
	for range 5 { // one line, written in pieces far apart
		l.write(long)
		l.f.Poll(t.Context(), func([]byte) {})
	}
	if n := cap(l.f.current.partial); n > 4*maxLine {
		t.Errorf("%d bytes are kept of a line without end", n)
	}
	l.write("\nnext\n")
	l.want("next")
}

func TestFollow(t *testing.T) {
	l := newLog(t, "old\n")
	ctx, cancel := context.WithCancel(t.Context())
	lines, done := make(chan string, 10), make(chan error)
	go func() {
		done <- Follow(ctx, l.path, time.Millisecond, func(b []byte) { lines <- string(b) })
	}()
	time.Sleep(50 * time.Millisecond) // it has opened the file
	l.write("while it runs\n")
	select {
	case got := <-lines:
		if got != "while it runs" {
			t.Errorf("%q", got)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the line did not come")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What was written before the end is not lost, even if no tick came in between.
func TestFollowLooksALastTime(t *testing.T) {
	l := newLog(t, "old\n")
	ctx, cancel := context.WithCancel(t.Context())
	var got []string
	done := make(chan error)
	go func() { done <- Follow(ctx, l.path, time.Hour, func(b []byte) { got = append(got, string(b)) }) }()
	time.Sleep(50 * time.Millisecond)
	l.write("last\n")
	cancel()
	if err := <-done; err != nil || !slices.Equal(got, []string{"last"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFollowErrors(t *testing.T) {
	err := Follow(t.Context(), filepath.Join(t.TempDir(), "no\x00name"), time.Second, nil)
	if pe := (*fs.PathError)(nil); !errors.As(err, &pe) {
		t.Errorf("%v", err)
	}
}
