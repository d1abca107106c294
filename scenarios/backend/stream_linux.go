package backend

import (
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stream reads requests off a connection that may have more than one.
type stream struct {
	conn *os.File
	buf  []byte // room that grows with a head, up to maxHead
	n    int    // bytes read
	used int    // bytes of the request before
}

// next takes one request, its body too, of which nothing is kept. The status, if not 0, is what to refuse it
// with. The request points into the buffer, until the next one.
func (s *stream) next() (req request, status int, err error) {
	s.n = copy(s.buf, s.buf[s.used:s.n])
	s.used = 0
	for seen := 0; ; {
		if end := headEnd(s.buf[:s.n], seen); end > 0 {
			if req, status = parse(s.buf[:end]); status != 0 {
				return req, status, nil
			}
			body := min(req.length, int64(s.n-end))
			s.used = end + int(body)
			return req, 0, s.skip(req.length - body)
		}
		seen = s.n
		if s.n == maxHead {
			return req, http.StatusRequestHeaderFieldsTooLarge, nil
		}
		if s.n == len(s.buf) {
			s.buf = append(s.buf, make([]byte, min(max(2<<10, s.n), maxHead-s.n))...)
		}
		got, err := s.conn.Read(s.buf[s.n:])
		if err != nil {
			return req, 0, err
		}
		s.n += got
	}
}

// skip takes the rest of a body off the connection. It leaves the buffer alone, which the request points
// into.
func (s *stream) skip(left int64) error {
	if left <= 0 {
		return nil
	}
	scratch := make([]byte, 32<<10)
	for left > 0 {
		got, err := s.conn.Read(scratch[:min(left, int64(len(scratch)))])
		if err != nil {
			return err
		}
		left -= int64(got)
	}
	return nil
}

// linger is what the function of that name is to synchronous workers.
func (s *stream) linger() {
	const moment, most = 500 * time.Millisecond, 4 << 20
	if raw, err := s.conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_WR) })
	}
	_ = s.conn.SetDeadline(time.Now().Add(moment))
	_ = s.skip(most)
}
