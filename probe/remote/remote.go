package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"weir/probe"
)

// Remote is a probe that writes into a pipe of ours.
type Remote struct {
	host  string
	began time.Time // zero of our own times
	proc  *process
	done  chan struct{} // closed when the command has ended
	ready chan struct{} // closed at the first sample
	pongs chan struct{} // one for each answer, as far as someone waits

	mu     sync.Mutex
	hello  *Hello
	first  *probe.Sample
	clock  estimator
	asked  map[uint64]time.Duration // pings under way
	pings  uint64
	heard  time.Duration // when the last sample came
	lastAt time.Duration // remote time of the last sample
	junk   uint64
	junky  string // why the first junk line was junk
	bye    string
	after  *probe.Snapshot // of bye; nil: none came
	waits  *uint64         // what the last pong said
	ponged uint64          // the last ping that was answered, plus 1
	ended  string          // how the command ended; set before done is closed

	sinkMu  sync.Mutex // held while a sample is delivered, and never taken with mu
	deliver func(probe.Sample)
}

const (
	// startTimeout is for a way through several hosts and a container's start.
	startTimeout = 30 * time.Second
	// maxJunk is how many lines may be none of ours: a login's greeting, a shell's trace.
	maxJunk = 1000
)

// Start runs command by /bin/sh and returns when it has said hello, the clocks have been compared and a first
// sample is there. The samples carry host as their own. ctx bounds the start only: Close ends the command. A
// command that is started from here ends when we do, however that comes, because its pipes close.
func Start(ctx context.Context, command, host string) (*Remote, error) {
	proc, err := startProcess(command)
	if err != nil {
		return nil, err
	}
	r := &Remote{
		host: host, began: time.Now(), proc: proc, asked: map[uint64]time.Duration{},
		done: make(chan struct{}), ready: make(chan struct{}), pongs: make(chan struct{}, 1),
	}
	go r.read()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case <-r.ready:
		r.compareClocks(ctx)
		select {
		case <-r.done:
			err = r.startError("ended at once: " + r.ended)
		default:
			return r, nil
		}
	case <-r.done:
		err = r.startError("ended at once: " + r.ended)
	case <-ctx.Done():
		err = r.startError(fmt.Sprintf("gave no sample within %v", startTimeout))
		if parent := context.Cause(ctx); !errors.Is(parent, context.DeadlineExceeded) {
			err = fmt.Errorf("remote probe: %w", parent)
		}
	}
	r.proc.stop(ctx, r.done)
	return nil, err
}

func (r *Remote) startError(what string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf("remote probe: %s %s", r.proc.name(), what)
	if r.junk > 0 {
		text += fmt.Sprintf("; of what it printed %d lines were not %s, the first because: %s", r.junk,
			Schema, r.junky)
	}
	if strings.Contains(r.bye, errStdinClosed.Error()) {
		text += "; its stdin is not ours: " + passStdin
	}
	return errors.New(text + "; it must print what `weir probe --ndjson --until-stdin-closes :PORT` does, and ask for nothing")
}

// passStdin is what a way to another host is told that has no stdin.
const passStdin = "have the command pass stdin on (docker exec -i, kubectl exec -i, ssh without -n)"

// Ends is an error unless the probe ends when we do. One that hears no stdin learns of it only where its
// stdout is a pipe of ours: behind a daemon that reads on, as Docker's does, it would run for ever.
func (r *Remote) Ends() error {
	if r.Hello().Pings {
		return nil
	}
	return fmt.Errorf("remote probe: %s has no stdin over there, so that the probe may run on after us: %s. What it has started may still run on %s: look for `weir probe` there",
		r.proc.name(), passStdin, r.Hello().Host)
}

// Hello is what the probe said of itself.
func (r *Remote) Hello() Hello {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.hello
}

// First is a reading from before the run, with which listeners can be found. Its At is of the remote epoch.
func (r *Remote) First() probe.Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.first
}

// Clock is how remote times become offsets from epoch, by what is known now.
func (r *Remote) Clock(epoch time.Time) Clock {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.clock.clock(time.Since(r.began))
	c.Offset += r.began.Sub(epoch)
	return c
}

// After is the snapshot that the probe took at its end; false where it gave none, or has not ended.
func (r *Remote) After() (probe.Snapshot, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.after == nil {
		return probe.Snapshot{}, false
	}
	return *r.after, true
}

// Close ends the command and waits for it, for two seconds of good will and then by force.
func (r *Remote) Close() error {
	r.proc.stop(context.Background(), r.done)
	return nil
}

func (r *Remote) now() time.Duration { return time.Since(r.began) }
