package conformance

import (
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"weir/loadgen"
)

// connecting provokes what can go wrong before a server accepts.
func connecting(t *testing.T, open Open) {
	base := loadgen.Target{URL: "http://conformance.test/", ConnectTimeout: patience, Timeout: patience}
	t.Run("refused tcp", func(t *testing.T) {
		target := base
		target.Address = closedPort(t)
		offer(t, open, target, few).check(t, syscall.ECONNREFUSED, 0, loadgen.ConnectRefused)
	})
	t.Run("refused unix", func(t *testing.T) {
		target := base
		target.Network, target.Address = "unix", abandonedSocket(t)
		offer(t, open, target, few).check(t, syscall.ECONNREFUSED, 0, loadgen.ConnectRefused)
	})
	t.Run("no such unix path", func(t *testing.T) {
		target := base
		target.Network, target.Address = "unix", filepath.Join(t.TempDir(), "missing")
		offer(t, open, target, few).check(t, syscall.ENOENT, 0, loadgen.ConnectUnreachable)
	})
	t.Run("dns_failed", func(t *testing.T) {
		target := base
		target.URL = "http://nowhere.invalid/" // RFC 6761 section 6.4: never resolves
		offer(t, open, target, few).check(t, 0, 0, loadgen.DNSFailed)
	})
	t.Run("a bad target is an error", func(t *testing.T) {
		if e, err := open(loadgen.Target{URL: "127.0.0.1:80"}); err == nil {
			t.Errorf("no error but %T", e)
		}
	})
}

// closedPort returns an address on which nobody listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// abandonedSocket returns the path of a unix socket whose listener is gone.
func abandonedSocket(t *testing.T) string {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	u, ok := l.(*net.UnixListener)
	if !ok {
		t.Fatal(errors.New("not a unix listener"))
	}
	u.SetUnlinkOnClose(false)
	defer l.Close()
	return l.Addr().String()
}
