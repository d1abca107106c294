package backend

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sys/unix"
)

var errTooSlow = errors.New("the client sent no whole request in time")

// read takes one request from the connection, its body too, of which nothing is kept: a body left unread
// would turn our close into an RST that may overtake the answer (RFC 2525 §2.17). The status, if not 0,
// is what to refuse it with. SO_RCVTIMEO ends a silent client, the deadline one that sends in drips.
func (w *worker) read(conn int) (req request, status int, err error) {
	deadline := time.Now().Add(w.config.ReadTimeout)
	for n := 0; ; {
		if n == len(w.buf) {
			return req, http.StatusRequestHeaderFieldsTooLarge, nil
		}
		got, err := receive(conn, w.buf[n:], 0)
		if err != nil {
			return req, 0, err
		}
		end := headEnd(w.buf[:n+got], n)
		n += got
		if end > 0 {
			if req, status = parse(w.buf[:end]); status != 0 {
				return req, status, nil
			}
			return req, 0, w.skip(conn, req.length-int64(n-end), deadline)
		}
		if time.Now().After(deadline) {
			return req, 0, errTooSlow
		}
	}
}

// skip takes the rest of a body off the connection. It leaves alone the head, which req points into.
func (w *worker) skip(conn int, left int64, deadline time.Time) error {
	if left <= 0 {
		return nil
	}
	scratch := make([]byte, 32<<10)
	for left > 0 {
		got, err := receive(conn, scratch[:min(left, int64(len(scratch)))], 0)
		if err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return errTooSlow
		}
		left -= int64(got)
	}
	return nil
}

// linger says that no more is sent, and takes in for a moment what the client still sends, so that it
// reads the refusal before it meets a closed connection.
func linger(conn int) {
	const moment, most = 500 * time.Millisecond, 4 << 20
	_ = unix.Shutdown(conn, unix.SHUT_WR)
	limit := unix.NsecToTimeval(int64(moment))
	_ = unix.SetsockoptTimeval(conn, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
	discard(conn, 0, most)
}

// discard takes in what there is, at most so many bytes and for at most a second.
func discard(conn, flags, most int) {
	var scratch [4 << 10]byte
	for deadline := time.Now().Add(time.Second); most > 0 && time.Now().Before(deadline); {
		got, err := receive(conn, scratch[:], flags)
		if err != nil {
			return
		}
		most -= got
	}
}

var errClosed = errors.New("the client closed its side")

func receive(conn int, b []byte, flags int) (int, error) {
	for {
		n, _, err := unix.Recvfrom(conn, b, flags)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, fmt.Errorf("backend: receive: %w", err)
		case n == 0:
			return 0, errClosed
		default:
			return n, nil
		}
	}
}

// write sends the answer. A client that has gone is no concern of a worker.
func write(conn int, b []byte) {
	for len(b) > 0 {
		n, err := unix.SendmsgN(conn, b, nil, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		b = b[n:]
	}
}
