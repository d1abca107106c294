package backend

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// stampEvery is how often stamps are written.
const stampEvery = 100 * time.Millisecond

// pool is what the workers of one Serve share.
type pool struct {
	*Server
	stopping atomic.Bool
	ending   chan struct{} // closed when it stops
	busy     tally
	routes   routes
	dice     *dice
	began    time.Time // of the pauses' clock
}

// member is a worker of either make.
type member interface {
	run() error
	interrupt() // ends a read or write in progress; the pool is stopping
}

// Serve runs the workers until ctx ends, which is no error, and writes their stamps to stamps (nil: none).
// Then it closes the server: a request that is being served gets no answer. It can be called once.
func (s *Server) Serve(ctx context.Context, stamps io.Writer) error {
	p := &pool{Server: s, routes: newRoutes(s.config), dice: newDice(s.config.Seed), began: time.Now(),
		ending: make(chan struct{})}
	workers := make([]member, s.config.Workers)
	group, ctx := errgroup.WithContext(ctx)
	for i := range workers {
		if s.config.Kind == Sync {
			workers[i] = &worker{pool: p, conn: -1}
		} else {
			workers[i] = newConcurrent(p)
		}
		group.Go(workers[i].run)
	}
	if stamps != nil {
		group.Go(func() error { return p.report(ctx, stamps) })
	}
	<-ctx.Done() // the caller's end, or the first error of one of ours
	p.stopping.Store(true)
	close(p.ending)
	_, wakeErr := unix.Write(s.stop, binary.NativeEndian.AppendUint64(nil, 1))
	for _, w := range workers {
		w.interrupt()
	}
	err := group.Wait()
	if stamps != nil && err == nil {
		err = p.busy.flush(stamps)
	}
	return errors.Join(err, wakeErr, s.Close())
}

// report writes stamps until ctx ends; a parent that no longer reads them ends the server.
func (p *pool) report(ctx context.Context, stamps io.Writer) error {
	tick := time.NewTicker(stampEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := p.busy.flush(stamps); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}
