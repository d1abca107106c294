package conformance

import (
	"bufio"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weir/loadgen"
	"weir/scenarios/lab/labtest"
)

// server accepts connections and treats each in one way. Its counts are the truth that an engine's
// records are held against.
type server struct {
	network, address string
	listener         net.Listener
	accepted         atomic.Int64
	requests         atomic.Int64
	heads            chan string // the first of the requests' heads

	mu   sync.Mutex
	seen []sight
	ends []time.Time // of connections, in order

	handlers sync.WaitGroup
	stopped  chan struct{} // closed when handlers must end
	open     sync.Map      // the connections that they have
}

// visit is one connection at the server.
type visit struct {
	net.Conn
	server *server
	number int64 // of the connection, from 1
	reader *bufio.Reader
	end    error // how reading heads ended
}

// sight is a request as the server saw it.
type sight struct {
	connection int64
	head       string
}

// serve starts a server on loopback or a unix socket and stops it when the test ends.
func serve(t *testing.T, network string, handle func(*visit)) *server {
	t.Helper()
	return serveOn(t, labtest.Listen(t, network), handle)
}

func serveOn(t *testing.T, l net.Listener, handle func(*visit)) *server {
	s := &server{
		network: l.Addr().Network(), address: l.Addr().String(), listener: l,
		heads: make(chan string, 1), stopped: make(chan struct{}),
	}
	s.handlers.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			number := s.accepted.Add(1)
			s.handlers.Go(func() {
				s.open.Store(c, nil)
				defer s.end(c)
				_ = c.SetDeadline(time.Now().Add(patience))
				handle(&visit{Conn: c, server: s, number: number, reader: bufio.NewReader(c)})
			})
		}
	})
	t.Cleanup(func() {
		close(s.stopped)
		l.Close()
		s.open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		s.handlers.Wait()
	})
	return s
}

// target is where an engine finds the server.
func (s *server) target() loadgen.Target {
	t := loadgen.Target{
		URL: "http://conformance.test/path?q=1", Network: s.network, Address: s.address,
		ConnectTimeout: patience, Timeout: patience, MaxInFlight: 1000,
	}
	return t
}

// head reads one request's head, counts it, and reports whether there was one.
func (v *visit) head() bool {
	var text strings.Builder
	for {
		line, err := v.reader.ReadString('\n')
		if err != nil {
			v.end = err
			return false
		}
		text.WriteString(line)
		if line == "\r\n" {
			break
		}
	}
	v.server.requests.Add(1)
	v.server.mu.Lock()
	v.server.seen = append(v.server.seen, sight{v.number, text.String()})
	v.server.mu.Unlock()
	select {
	case v.server.heads <- text.String():
	default:
	}
	return true
}

// sights is what the server has seen.
func (s *server) sights() []sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

func (s *server) end(c net.Conn) {
	c.Close()
	s.open.Delete(c)
	s.mu.Lock()
	s.ends = append(s.ends, time.Now())
	s.mu.Unlock()
}

// endedBy is how many connections the server had ended at a time.
func (s *server) endedBy(at time.Time) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(s.ends) && s.ends[n].Before(at) {
		n++
	}
	return n
}

// connections is how many are open.
func (s *server) connections() (n int) {
	s.open.Range(func(any, any) bool { n++; return true })
	return n
}

// left waits until the clients have left.
func (s *server) left(t *testing.T) {
	t.Helper()
	for range 100 {
		if s.connections() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d connections are open after the run", s.connections())
}

// say writes text and gives the client time to read it before the next thing happens.
func (v *visit) say(text string) {
	_, _ = io.WriteString(v, text)
	time.Sleep(20 * time.Millisecond)
}

// reset ends the connection with an RST.
func (v *visit) reset() {
	if c, ok := v.Conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	v.Close()
}

// halfClose sends a FIN and goes on to read.
func (v *visit) halfClose() {
	if c, ok := v.Conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}

// hang keeps the connection open and silent until the client leaves or the test ends.
func (v *visit) hang() { _, _ = io.Copy(io.Discard, v.reader) }
