package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/scenarios/lab/labtest"
)

// listenUnix listens at a path and lets the file be there afterwards.
func listenUnix(t *testing.T, path string, backlog int) (fd int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}),
		unix.Listen(fd, backlog)); err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestReopenedUnixSocket: a server that listens anew at its path leaves a socket of the same name, which its
// old workers still hold. Only the one that a connect() reaches is the listener.
func TestReopenedUnixSocket(t *testing.T) {
	path := filepath.Join(labtest.ShortDir(t), "app.sock")
	p := open(t, Config{UnixPaths: []string{path}})
	limits := func() (all []uint32) {
		s := p.Read(time.Now())
		if len(s.Errors) > 0 {
			t.Fatal(s.Errors)
		}
		for _, l := range s.Listeners {
			all = append(all, l.Limit)
		}
		return all
	}
	listenUnix(t, path, 5)
	if got := fmt.Sprint(limits()); got != "[5]" {
		t.Errorf("limits %s, want the first socket's, [5]", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listenUnix(t, path, 6)
	if got := fmt.Sprint(limits()); got != "[6]" {
		t.Errorf("limits %s, want the new socket's alone, [6]", got)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if s := p.Read(time.Now()); len(s.Listeners) != 1 || s.Listeners[0].Depth != 1 {
		t.Errorf("the connection is not in that queue: %+v", s.Listeners)
	}
	// A file that is no listener has taken the place: connect() gets ECONNREFUSED.
	if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := limits(); len(got) != 0 {
		t.Errorf("limits %v of sockets that nobody can reach", got)
	}
}

const rootEnv = "WEIR_PROBE_TEST_ROOT"

// listenInChroot is a server that sees other files than we do. It binds a relative name, so that only its
// file tells.
func listenInChroot() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = errors.Join(unix.Chroot(os.Getenv(rootEnv)), unix.Chdir("/"),
			unix.Bind(fd, &unix.SockaddrUnix{Name: "app.sock"}), unix.Listen(fd, 9))
	}
	if err != nil {
		return err
	}
	fmt.Println(0)
	return untilEOF()
}

// TestUnixPathOfAnotherRoot: with a pid, a path is what that process sees there.
func TestUnixPathOfAnotherRoot(t *testing.T) {
	if !labtest.InChild(t, labtest.PrivateNetwork) {
		return
	}
	t.Setenv(rootEnv, labtest.ShortDir(t))
	pid, _ := startRole(t, "chroot", labtest.Namespaces(0))
	p := open(t, Config{Pid: pid, UnixPaths: []string{"/app.sock", "/none.sock"}})
	s := p.Read(time.Now())
	if len(s.Errors) > 0 || len(s.Listeners) != 1 || s.Listeners[0].Addr != "/app.sock" ||
		s.Listeners[0].Limit != 9 {
		t.Errorf("%+v", s)
	}
}

// likeness without a kernel: a subvolume's device is another in stat(2) than in the diagnostics.
func TestLikeness(t *testing.T) {
	at := unixPath{name: "/a", file: fileID{inode: 5, dev: 1}}
	for name, test := range map[string]struct {
		p    unixPath
		l    unixListener
		want likeness
	}{
		"its file":                {at, unixListener{name: "rel", file: fileID{5, 1}}, sameFile},
		"another device's number": {at, unixListener{name: "/a", file: fileID{5, 9}}, sameInode},
		"another file":            {at, unixListener{name: "/a", file: fileID{6, 1}}, unlike},
		"another name":            {at, unixListener{name: "/b", file: fileID{5, 9}}, unlike},
		"a file that is not seen": {unixPath{name: "/a"}, unixListener{name: "/a", file: fileID{5, 1}},
			sameName},
		"mounts that are unknown": {unixPath{name: "/a", file: at.file, loose: true},
			unixListener{name: "/a", file: fileID{6, 1}}, sameName},
		"no name and no file": {unixPath{name: "/a"}, unixListener{}, unlike},
	} {
		if got := test.p.likeness(test.l); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// TestDearWalksRest: where a walk takes long, what it found is told again meanwhile, with its age, and no
// more than a fiftieth of a processor is taken, or two walks a second.
func TestDearWalksRest(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: 0, 30 * time.Microsecond: 1500 * time.Microsecond, 300 * time.Microsecond: 15 * time.Millisecond,
		time.Second: longestUnix,
	} {
		if got := restAfter(took); got != want {
			t.Errorf("after %v a rest of %v, want %v", took, got, want)
		}
	}
	path := filepath.Join(labtest.ShortDir(t), "app.sock")
	listenUnix(t, path, 5)
	d, err := newUnixDiag(Config{}, []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	read := func() *Sample {
		s := newSample()
		if err := d.Read(s); err != nil || len(s.Listeners) != 1 {
			t.Fatalf("%+v, %v", s.Listeners, err)
		}
		return s
	}
	read()
	d.rest, d.last = time.Hour, []Listener{{Addr: path, Limit: 77}} // as if that one had been dear
	if s := read(); s.Listeners[0].Limit != 77 || s.Gauges[UnixAge] == 0 {
		t.Errorf("while it rests: %+v", s)
	}
	d.began = d.began.Add(-2 * time.Hour)
	if s := read(); s.Listeners[0].Limit != 5 || s.Gauges[UnixAge] != 0 {
		t.Errorf("after the rest: %+v", s)
	}
}

// TestWalksAtAnyRate: who reads without a pause makes walks no more often than they may take of a processor,
// also where a walk is cheap, and where it fails.
func TestWalksAtAnyRate(t *testing.T) {
	path := filepath.Join(labtest.ShortDir(t), "app.sock")
	listenUnix(t, path, 5)
	d, err := newUnixDiag(Config{}, []string{path})
	if err != nil {
		t.Fatal(err)
	}
	read := func() (walks, told, errs int) {
		for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
			s := newSample()
			if d.Read(s) != nil {
				errs++
			}
			if _, old := s.Gauges[UnixAge]; old {
				told++
			} else {
				walks++
			}
		}
		return walks, told, errs
	}
	if walks, told, errs := read(); walks == 0 || told < 10*walks || errs > 0 {
		t.Errorf("%d walks, told again %d times, %d errors", walks, told, errs)
	}
	defer d.conn.Close()
	d.conn = &diagConn{fd: -1, buf: d.conn.buf}
	time.Sleep(d.rest)
	if walks, told, errs := read(); told < 10*walks || errs < told {
		t.Errorf("of a walk that fails: %d walks, told again %d times, %d errors", walks, told, errs)
	}
}

// TestProcessorTime: what is measured is one thread's, also where others want its place.
func TestProcessorTime(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.Gosched()
				}
			}
		}()
	}
	const wait = 20 * time.Millisecond
	threads := map[int]bool{}
	took := processorTime(func() {
		for range 20 {
			ts := unix.NsecToTimespec(int64(wait) / 20)
			// another goroutine gets the processor, and this one may find itself on another thread
			_ = unix.Nanosleep(&ts, nil)
			threads[unix.Gettid()] = true
		}
	})
	if len(threads) != 1 || took >= wait {
		t.Errorf("%v of a processor for %v of sleep, on %d threads", took, wait, len(threads))
	}
}

// What a walk costs beside 4,000 unix sockets that are nobody's business.
func BenchmarkUnixDiag4000Sockets(b *testing.B) {
	for range 2000 {
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	}
	d, err := newUnixDiag(Config{}, []string{"/none"})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	s := newSample()
	for b.Loop() {
		if err := d.walk(s); err != nil {
			b.Fatal(err)
		}
	}
}
