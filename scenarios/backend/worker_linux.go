package backend

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// worker is one thread of the pool. It makes blocking system calls on its connection.
type worker struct {
	*pool
	buf [maxHead]byte

	mu   sync.Mutex // so that interrupt never meets a descriptor that was closed and given out again
	conn int        // being served; -1: none
}

// run accepts and serves until the pool stops.
//
// The listening socket is tried before it is waited on, as Gunicorn does (gunicorn/workers/sync.py,
// run_for_one): the answer says whether a connection was waiting, which a blocking accept does not tell
// and the stamp needs. The wait wakes one worker a connection, as accept's would.
func (w *worker) run() error {
	runtime.LockOSThread() // for good: the thread, with its timer slack, goes with the worker
	// Without it the kernel may add 50 µs to every sleep to save wake-ups (prctl(2)).
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	wait, err := newWait(w.fd, w.stop)
	if err != nil {
		return err
	}
	defer unix.Close(wait)
	var began time.Time
	worked := false
	for {
		w.standStill()
		conn, _, err := unix.Accept4(w.fd, unix.SOCK_CLOEXEC)
		now := time.Now()
		if worked {
			w.busy.add(now.Sub(began))
			worked = false
		}
		switch {
		case w.stopping.Load():
			if err == nil {
				_ = unix.Close(conn)
			}
			return nil
		case err == nil:
			began = now
			worked = w.serve(conn)
		case errors.Is(err, unix.EAGAIN):
			if err := await(wait); err != nil {
				return err
			}
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		default: // out of descriptors or memory: a pool with fewer workers would measure something else
			return fmt.Errorf("backend: accept: %w; raise `ulimit -n` or use fewer workers", err)
		}
	}
}

// newWait makes what a worker waits on: a connection, for one worker at a time (EPOLLEXCLUSIVE,
// epoll_ctl(2)), or the end, for all.
func newWait(listener, stop int) (int, error) {
	wait, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, os.NewSyscallError("backend: epoll_create1", err)
	}
	for fd, events := range map[int]uint32{listener: unix.EPOLLIN | unix.EPOLLEXCLUSIVE, stop: unix.EPOLLIN} {
		if err := unix.EpollCtl(wait, unix.EPOLL_CTL_ADD, fd,
			&unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
			return -1, errors.Join(os.NewSyscallError("backend: epoll_ctl", err), unix.Close(wait))
		}
	}
	return wait, nil
}

func await(wait int) error {
	var events [2]unix.EpollEvent
	if _, err := unix.EpollWait(wait, events[:], -1); err != nil && !errors.Is(err, unix.EINTR) {
		return os.NewSyscallError("backend: epoll_wait", err)
	}
	return nil
}

// serve handles a connection and reports whether it worked on a request. It cares little whether the
// client is still there: like a real worker, it finds out when it writes.
func (w *worker) serve(conn int) (worked bool) {
	w.setConn(conn)
	defer w.setConn(-1)
	limit := unix.NsecToTimeval(int64(w.config.ReadTimeout))
	_ = unix.SetsockoptTimeval(conn, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
	_ = unix.SetsockoptTimeval(conn, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit)
	req, status, err := w.read(conn)
	switch {
	case err != nil:
		return false // it sent nothing whole, and there is nobody to tell
	case status != 0:
		write(conn, response(status, 0, false))
		linger(conn)
		return false
	}
	route := w.routes.of(req.path)
	ending, killed := route.ending(w.dice), false
	if d := w.dice.draw(route.service); d > 0 || route.stamped {
		if limit := w.config.KillAfter; limit > 0 && d > limit {
			d, killed = limit, true
		}
		if !w.work(d) {
			return false
		}
	}
	w.standStill()
	if killed {
		w.setConn(-1) // the client sees this, and the worker is away
		w.sleep(w.config.Restart)
		return route.stamped
	}
	answer := route.answer
	if bytes.Equal(req.method, []byte(http.MethodHead)) {
		answer = answer[:headEnd(answer, 0)]
	}
	write(conn, ending.text(answer))
	discard(conn, unix.MSG_DONTWAIT, maxHead)
	return route.stamped
}

// setConn says which connection is being served and closes the one before.
func (w *worker) setConn(conn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn >= 0 {
		_ = unix.Close(w.conn)
	}
	w.conn = conn
	if conn >= 0 && w.stopping.Load() { // interrupt came before there was anything to interrupt
		_ = unix.Shutdown(conn, unix.SHUT_RDWR)
	}
}

// interrupt ends a read or write in progress.
func (w *worker) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn >= 0 {
		_ = unix.Shutdown(w.conn, unix.SHUT_RDWR)
	}
}
