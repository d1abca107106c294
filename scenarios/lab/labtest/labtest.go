// Package labtest is what tests need of the machine they run on: programs that are installed, free addresses,
// sockets with short names, servers of a few lines, and namespaces of their own. It holds one rule for all of
// them: what a test cannot have is skipped and listed as NOT TESTED, and fails where CI is set, since nothing
// may be left untested unseen there.
//
// It imports no package of ours, so that the tests of every package may import it.
package labtest

import (
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// NotQuick leaves a test out of `make quick` (go test -short): one that needs root, an installed program or
// the lab, or more than a second or two.
func NotQuick(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("not quick")
	}
}

// Missing ends a test for want of something that this machine does not have. The reason says what that is.
func Missing(t testing.TB, reason any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%v; `make deps` installs what the tests need", reason)
	}
	t.Skipf("NOT TESTED: %v; `make deps` installs what the tests need", reason)
}

// Program returns the path of the first of these programs that is installed. The test ends where none is, and
// is NotQuick.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	NotQuick(t)
	var errs []error
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			return path
		}
		errs = append(errs, err)
	}
	Missing(t, errors.Join(errs...))
	return ""
}

// RunAs is the user that a server's configuration must name: root, where we are that and would lose our
// rights to the test's files; else none.
func RunAs() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	return ""
}

// ShortDir makes a folder whose files may be sockets: t.TempDir's name may be longer than a socket's path may
// be (sun_path in unix(7): 108 bytes).
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// FreeAddress is a loopback address and port that nobody listens on at the moment.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l := Listen(t, "tcp")
	defer l.Close()
	return l.Addr().String()
}

// Listen listens on a free loopback port ("tcp") or in a folder of its own ("unix") until the test ends.
func Listen(t testing.TB, network string) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(ShortDir(t), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// Serve listens like Listen and gives each connection to a goroutine of its own, which it closes afterwards.
// When the test ends it closes what is open and waits for them.
func Serve(t testing.TB, network string, handle func(net.Conn)) net.Listener {
	t.Helper()
	l := Listen(t, network)
	var open sync.Map
	var handlers sync.WaitGroup
	handlers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
				return
			}
			open.Store(c, nil)
			handlers.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); handlers.Wait() })
	return l
}

// AwaitHTTP waits until something answers at a URL, for at most 20 seconds.
func AwaitHTTP(t testing.TB, url string) {
	t.Helper()
	await(t, url, func() error {
		resp, err := http.Get(url)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	})
}

// AwaitListener waits until something listens at an address, for at most 20 seconds.
func AwaitListener(t testing.TB, network, address string) {
	t.Helper()
	await(t, address, func() error {
		c, err := net.Dial(network, address)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
}

func await(t testing.TB, what string, try func() error) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer: %v", what, err)
		}
	}
}
