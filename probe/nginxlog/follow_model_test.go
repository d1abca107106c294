package nginxlog

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// model is a log with its writers: NGINX, whose workers may have an old file open, and what rotates it. It
// knows which lines must come, each once, and those of one file in its order.
type model struct {
	t      *testing.T
	path   string
	f      *Follower
	now    time.Time
	files  []*writer // the last is that of the path
	next   int       // number of the next line
	lines  map[int]*writer
	got    map[int]bool
	fresh  bool // something of the path's file was read, so that a truncation can be seen
	copies int
}

type writer struct {
	file *os.File
	half int // number of the line that is half written; 0: none
	last int // number of the last line that came
}

func newModel(t *testing.T) *model {
	m := &model{t: t, path: filepath.Join(t.TempDir(), "access.log"), now: time.Unix(1, 0), next: 1,
		lines: map[int]*writer{}, got: map[int]bool{}}
	m.open()
	f, err := NewFollower(m.path)
	m.must(err)
	f.now = func() time.Time { return m.now }
	m.f = f
	t.Cleanup(func() {
		f.Close()
		for _, w := range m.files {
			w.file.Close()
		}
	})
	return m
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) current() *writer { return m.files[len(m.files)-1] }

// open is what NGINX does on SIGUSR1. Some of the writers before stay late, as many as are followed.
func (m *model) open() {
	file, err := os.OpenFile(m.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	m.must(err)
	m.files = append(m.files, &writer{file: file})
	if n := len(m.files) - 1 - maxOld; n > 0 {
		m.files[0].file.Close()
		delete(m.lines, m.files[0].half) // nobody will end it
		m.files = m.files[n:]
	}
	m.fresh = false
}

func (m *model) write(w *writer, half bool) {
	if w.half == 0 {
		m.lines[m.next], w.half = w, m.next
		m.next++
		_, err := fmt.Fprintf(w.file, "line %d ", w.half)
		m.must(err)
	}
	if !half {
		_, err := fmt.Fprintf(w.file, "of %d\n", w.half)
		m.must(err)
		w.half = 0
	}
}

func (m *model) poll() {
	m.must(m.f.Poll(m.t.Context(), func(b []byte) {
		var n, again int
		if _, err := fmt.Sscanf(string(b), "line %d of %d", &n, &again); err != nil || n != again ||
			string(b) != fmt.Sprintf("line %d of %d", n, n) {
			m.t.Fatalf("a line reads %q", b)
		}
		w := m.lines[n]
		switch {
		case w == nil:
			m.t.Fatalf("line %d came, which nobody wrote, or which a truncation tore", n)
		case m.got[n]:
			m.t.Fatalf("line %d came twice", n)
		case n <= w.last:
			m.t.Fatalf("line %d came after line %d of the same file", n, w.last)
		}
		m.got[n], w.last = true, n
	}))
	info, err := os.Stat(m.path)
	m.fresh = err == nil && info.Size() > 0
}

// rotate renames or removes the file. Late workers write to it for a while before it is opened anew.
func (m *model) rotate(remove bool, late int) {
	if m.fresh {
		m.poll() // a file that comes and goes between two looks is not seen
	}
	m.copies++
	if remove {
		m.must(os.Remove(m.path))
	} else {
		m.must(os.Rename(m.path, fmt.Sprintf("%s.%d", m.path, m.copies)))
	}
	for range late {
		m.write(m.current(), false)
		m.poll()
	}
	m.open()
	m.write(m.current(), false)
	m.poll()
}

// truncate empties the file, with or without a copy beside it. Without one, what was not read is lost.
func (m *model) truncate(copied bool) {
	if !copied || !m.fresh {
		m.poll()
	}
	if !m.fresh {
		return
	}
	w := m.current()
	if w.half != 0 { // half a line that is cut off never becomes whole
		delete(m.lines, w.half)
		w.half = 0
	}
	if copied {
		m.copies++
		text, err := os.ReadFile(m.path)
		m.must(errors.Join(err, os.WriteFile(fmt.Sprintf("%s.%d", m.path, m.copies), text, 0o600)))
	}
	m.must(w.file.Truncate(0))
	m.write(w, false) // a file that is empty at every look was perhaps never written to
	m.poll()
}

func (m *model) step(op byte) {
	n := int(op >> 4)
	switch op & 15 {
	case 0, 1, 2, 3:
		for range n {
			m.write(m.current(), false)
		}
	case 4, 5:
		m.write(m.current(), true)
	case 6, 7, 8:
		m.poll()
	case 9, 10: // a worker that still has an old file
		m.write(m.files[n%len(m.files)], n&1 == 0)
	case 11:
		m.rotate(false, n%3)
	case 12:
		m.rotate(true, n%3)
	case 13:
		m.truncate(true)
	case 14:
		m.truncate(false)
	case 15:
		for _, w := range m.files { // all have news, so that none is given up
			m.write(w, false)
		}
		m.poll()
		m.now = m.now.Add(keepOld - time.Second)
	}
}

func (m *model) check() {
	for _, w := range m.files {
		if w.half != 0 {
			m.write(w, false)
		}
	}
	m.poll()
	m.poll()
	for n := range m.lines {
		if !m.got[n] {
			m.t.Fatalf("line %d of %d was lost", n, m.next-1)
		}
	}
	if len(m.f.old) > maxOld {
		m.t.Fatalf("%d files are kept", len(m.f.old))
	}
}

func follow(t *testing.T, ops []byte) {
	m := newModel(t)
	for _, op := range ops {
		m.step(op)
	}
	m.check()
}

// TestFollowModel does what writers and rotators do in any order: no line may be lost, and none come twice.
func TestFollowModel(t *testing.T) {
	for seed := range uint64(25) {
		random := rand.New(rand.NewPCG(seed, 0))
		ops := make([]byte, 100)
		for i := range ops {
			ops[i] = byte(random.Uint32())
		}
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { follow(t, ops) }) {
			return
		}
	}
}

func FuzzFollower(f *testing.F) {
	f.Add([]byte{0x13, 0x06, 0x0b, 0x19, 0x0d, 0x0e, 0x0c, 0x0f})
	f.Fuzz(func(t *testing.T, ops []byte) { follow(t, ops[:min(len(ops), 300)]) })
}
