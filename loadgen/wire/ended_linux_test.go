package wire

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// TestStale plays each row of Stale's table between two real sockets.
func TestStale(t *testing.T) {
	half := func(s net.Conn) { _ = s.(interface{ CloseWrite() error }).CloseWrite() }
	reset := func(s net.Conn) { _ = s.(*net.TCPConn).SetLinger(0); s.Close() }
	closed := func(s net.Conn) { s.Close() }
	readThen := func(end func(net.Conn)) func(net.Conn) {
		return func(s net.Conn) { _, _ = io.ReadFull(s, make([]byte, len(request))); end(s) }
	}
	nothing := func(net.Conn) {}
	for _, c := range []struct {
		name          string
		network       string
		before, after func(net.Conn) // what the server does before and after our request
		size          int
		ended         syscall.Errno
		took          bool // all of it
		stale         bool
	}{
		{"closed before", "tcp", closed, nothing, 0, 0, true, true},
		{"closed before, large request", "tcp", closed, nothing, 8 << 20, syscall.EPIPE, false, true},
		{"RST before", "tcp", reset, nothing, 0, syscall.ECONNRESET, false, true},
		{"FIN and RST before", "tcp", func(s net.Conn) { half(s); reset(s) }, nothing, 0, syscall.EPIPE,
			false, true},
		{"read, then closed", "tcp", nothing, readThen(closed), 0, 0, true, false},
		{"read, then RST", "tcp", nothing, readThen(reset), 0, syscall.ECONNRESET, true, false},
		{"unread, then closed", "tcp", nothing, closed, 0, syscall.ECONNRESET, true, false},
		{"unread, then RST", "tcp", nothing, reset, 0, syscall.ECONNRESET, true, false},
		{"unread, then FIN, then RST", "tcp", nothing, func(s net.Conn) { half(s); closed(s) }, 0, 0, true,
			false},
		{"closed before", "unix", closed, nothing, 0, syscall.EPIPE, false, true},
		{"read, then closed", "unix", nothing, readThen(closed), 0, 0, true, false},
		{"unread, then closed", "unix", nothing, closed, 0, syscall.ECONNRESET, true, false},
	} {
		t.Run(c.name+" "+c.network, func(t *testing.T) {
			client, server := connection(t, c.network)
			text := append([]byte(request), make([]byte, c.size)...)
			c.before(server)
			settle()
			taken, err := client.Write(text)
			if err == nil {
				c.after(server)
				settle()
				_, err = client.Read(make([]byte, 1))
			}
			var ended syscall.Errno
			if !errors.As(err, &ended) && err != io.EOF {
				t.Fatal(err)
			}
			if ended != c.ended || (taken == len(text)) != c.took {
				t.Errorf("%d of %d bytes taken, then %v (%v), want %v", taken, len(text), ended, err, c.ended)
			}
			if got := Stale(descriptor(t, client), c.network, ended, taken); got != c.stale {
				t.Errorf("stale: %v, want %v", got, c.stale)
			}
		})
	}
}

// A server that got the first part of a request was there for it.
func TestNotStaleAfterAPartOfTheRequest(t *testing.T) {
	client, server := connection(t, "tcp")
	_, _ = client.Write([]byte(request))
	_, _ = io.ReadFull(server, make([]byte, len(request)))
	server.Close()
	settle()
	_, _ = client.Write([]byte(request)) // meets an RST
	settle()
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("read: %v", err)
	}
	if Stale(descriptor(t, client), "tcp", 0, 2*len(request)) {
		t.Error("stale")
	}
}

func TestPeerClosed(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		client, server := connection(t, network)
		if PeerClosed(descriptor(t, client)) {
			t.Errorf("%s: nobody closed", network)
		}
		_, _ = server.Write([]byte("unread"))
		settle()
		if PeerClosed(descriptor(t, client)) {
			t.Errorf("%s: nobody closed, there is something to read", network)
		}
		server.Close()
		settle()
		if !PeerClosed(descriptor(t, client)) {
			t.Errorf("%s: the peer closed, behind something to read", network)
		}
	}
	client, server := connection(t, "tcp")
	_ = server.(*net.TCPConn).SetLinger(0)
	server.Close()
	settle()
	if !PeerClosed(descriptor(t, client)) {
		t.Error("the peer sent an RST")
	}
	if _, err := client.Write([]byte(request)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("write: %v: the error was swallowed", err)
	}
}

// settle lets the loopback carry what was sent.
func settle() { time.Sleep(10 * time.Millisecond) }

// connection returns the two ends of a connection that has carried a request and a response.
func connection(t *testing.T, network string) (client, server net.Conn) {
	t.Helper()
	l := labtest.Listen(t, network)
	client, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		_, _ = way[0].Write([]byte(request))
		if _, err := io.ReadFull(way[1], make([]byte, len(request))); err != nil {
			t.Fatal(err)
		}
	}
	return client, server
}

func descriptor(t *testing.T, c net.Conn) (fd int) {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(f uintptr) { fd = int(f) }); err != nil {
		t.Fatal(err)
	}
	return fd
}
