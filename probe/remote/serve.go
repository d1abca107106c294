package remote

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"weir/probe"
)

// Reader is what Serve reads from: a *probe.Probe, or something that narrows what one gives.
type Reader interface {
	Read(epoch time.Time) probe.Sample
	Last(epoch time.Time) probe.Sample
	Run(ctx context.Context, epoch time.Time, every time.Duration, sink func(probe.Sample))
}

// The causes for which Serve ends by itself.
var (
	errReaderGone  = errors.New("the reader is gone")
	errStdinClosed = errors.New("stdin was closed")
)

// Input is where pings come from.
type Input struct {
	io.Reader // nil: there are no pings
	// its end is ours also where no ping came. Else what ends without one is not a reader's pipe
	Ends bool
}

// Serve writes hello and then samples to out until ctx ends, and a last sample and bye then. It answers pings
// from in, and ends when in does. look takes a snapshot, for hello and for bye; nil: they have none. That the
// reader of out is gone is a good end, not an error.
func Serve(ctx context.Context, p Reader, hello Hello, look func() probe.Snapshot, in Input,
	out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	epoch := time.Now()
	w := &writer{out: out, epoch: epoch, failed: cancel}
	hello.Schema, hello.Epoch, hello.Clock, hello.Pings = Schema, epoch.UTC(), epoch.UTC(), in.Reader != nil
	if hello.Discovery != nil {
		hello.Discovery = fit(*hello.Discovery)
	}
	hello.Snapshot = taken(look)
	w.parent, w.hasParent = hello.parent()
	w.write("hello", hello)
	w.write("sample", p.Read(epoch))
	if in.Reader != nil {
		go func() {
			if pinged := w.answer(in); pinged || in.Ends {
				cancel(errStdinClosed)
			}
		}()
	}
	p.Run(ctx, epoch, hello.Every, func(s probe.Sample) { w.write("sample", s) })
	w.write("sample", p.Last(epoch))
	w.write("bye", bye{At: time.Since(epoch), Reason: reason(ctx), Snapshot: taken(look)})
	return w.err()
}

func taken(look func() probe.Snapshot) *probe.Snapshot {
	if look == nil {
		return nil
	}
	s := look()
	return &s
}

// reason says why ctx ended, in words for bye.
func reason(ctx context.Context) string {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return "the duration is over"
	case errors.Is(cause, context.Canceled):
		return "interrupted"
	default:
		return cause.Error()
	}
}

// writer writes whole lines. Its first error is its last: then everything ends.
type writer struct {
	mu     sync.Mutex
	out    io.Writer
	epoch  time.Time
	broken error
	failed context.CancelCauseFunc

	parent    probe.Process // see Hello.parent
	hasParent bool
}

func (w *writer) write(kind string, body any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeLocked(kind, body)
}

func (w *writer) writeLocked(kind string, body any) {
	if w.broken != nil {
		return
	}
	text, err := line(kind, body)
	if err == nil {
		_, err = w.out.Write(text)
	}
	if err != nil {
		w.broken = err
		w.failed(errReaderGone)
	}
}

func (w *writer) err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.broken, syscall.EPIPE) || errors.Is(w.broken, os.ErrClosed) ||
		errors.Is(w.broken, io.ErrClosedPipe) {
		return nil
	}
	return w.broken
}

// answer answers pings until in ends, and tells whether there were any. Lines that are none are passed over:
// what a terminal or a script sends by mistake is no reason to stop.
func (w *writer) answer(in io.Reader) (pinged bool) {
	lines := newLineReader(in)
	for {
		text, err := lines.next()
		received := time.Since(w.epoch)
		if errors.Is(err, errLong) {
			continue
		}
		if err != nil {
			return pinged
		}
		value, err := parse(text)
		if asked, ok := value.(*ping); err == nil && ok {
			pinged = true
			waits := w.waits()
			w.mu.Lock() // before the clock is read: waiting for a sample to be written is no part of the way
			w.writeLocked("pong", pong{ID: asked.ID, Received: received, Sent: time.Since(w.epoch),
				Waits: waits})
			w.mu.Unlock()
		}
	}
}

// waits is how often the workers' parent has gone to sleep; nil where that is not known.
func (w *writer) waits() *uint64 {
	if !w.hasParent {
		return nil
	}
	n, err := w.parent.Waits()
	if err != nil {
		return nil
	}
	return &n
}
