package backend

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A backlog of N holds N+1 (sk_acceptq_is_full in include/net/sock.h): so many connections are made
// while nobody accepts, and not one more.
func TestBacklogIsExact(t *testing.T) {
	for _, backlog := range []int{0, 1, 5, 16} {
		s, err := Listen(Config{Address: "127.0.0.1:0", Workers: 1, Backlog: backlog})
		if err != nil {
			t.Fatal(err)
		}
		made := 0
		for range backlog + 3 {
			c, err := net.DialTimeout("tcp", s.Addr(), 300*time.Millisecond)
			if err != nil {
				break
			}
			t.Cleanup(func() { c.Close() })
			made++
		}
		if made != backlog+1 {
			t.Errorf("backlog %d held %d connections, want %d", backlog, made, backlog+1)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestUnixBacklogIsExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s, err := Listen(Config{Network: "unix", Address: path, Workers: 1, Backlog: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	made := 0
	for range 10 {
		c, err := net.Dial("unix", path)
		if err != nil {
			if !errors.Is(err, syscall.EAGAIN) {
				t.Error(err)
			}
			break
		}
		defer c.Close()
		made++
	}
	if made != 4 {
		t.Errorf("backlog 3 held %d connections, want 4", made)
	}
}

func TestBacklogBeyondSomaxconnIsRefused(t *testing.T) {
	_, err := Listen(Config{Address: "127.0.0.1:0", Workers: 1, Backlog: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "net.core.somaxconn") {
		t.Errorf("got %v", err)
	}
}
