package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// bench is one run of this program.
type bench struct {
	options
	found                 map[string]installed
	server                *server
	serverCore, generator int
	dir                   string
	runs                  int
	out, progress         io.Writer
	targets               []target
}

func newBench(o options, found []installed) (*bench, error) {
	b := &bench{options: o, found: map[string]installed{}, out: os.Stdout, progress: os.Stderr}
	for _, f := range found {
		b.found[f.Name] = f
	}
	var err error
	if b.serverCore, b.generator, err = cores(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "weir-peers-"); err != nil {
		return nil, err
	}
	if b.server, err = startServer(b.dir, b.serverCore); err != nil {
		_ = os.RemoveAll(b.dir)
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	b.server.stop()
	_ = os.RemoveAll(b.dir)
}

// all runs the works that are wanted. What cannot be measured is said and no error.
func (b *bench) all(ctx context.Context) error {
	for _, w := range []struct {
		name string
		run  func(context.Context) error
	}{{"peak", b.peak}, {"new", b.fresh}, {"cpu", b.paced}, {"lag", b.lag}, {"memory", b.memory}} {
		if !b.wants(w.name) {
			continue
		}
		if err := w.run(ctx); ctx.Err() != nil {
			return errors.New("interrupted")
		} else if err != nil {
			fmt.Fprintf(b.out, "\n%s: not measured: %v\n", w.name, err)
		}
	}
	if len(b.targets) > 0 {
		printTargets(b.out, b.targets)
	}
	return nil
}

// offerOver is how much more than wrk carries is offered by a generator that must be told a rate.
const offerOver = 1.5

// work lets all generators that can carry the load take turns.
func (b *bench) work(ctx context.Context, name string, l load) []series {
	var all []series
	for _, p := range peers() {
		s := series{name: p.name, why: b.found[p.name].Why}
		if l.dir = b.dir; s.why == "" && p.args(l) == nil {
			continue // it has no such mode
		}
		all = append(all, s)
	}
	l.offer = 100_000 // where there is no wrk
	for round := 0; round <= b.rounds && ctx.Err() == nil; round++ {
		fmt.Fprintf(b.progress, "peers: %s, round %d of %d\n", name, round, b.rounds)
		for i := range all {
			s := &all[i]
			if s.why != "" {
				continue
			}
			one, err := b.once(ctx, peerOf(s.name), l)
			switch {
			case err != nil:
				s.why = "failed: " + err.Error()
			case round > 0:
				s.samples = append(s.samples, one)
			case s.name == "wrk":
				l.offer = int(offerOver * one.rate)
			}
		}
	}
	return all
}

func peerOf(name string) peer {
	for _, p := range peers() {
		if p.name == name {
			return p
		}
	}
	return peer{}
}

// once is one run of one generator.
func (b *bench) once(ctx context.Context, p peer, l load) (s sample, err error) {
	l.url = b.server.url
	if l.dir, err = b.folder(); err != nil {
		return s, err
	}
	defer os.RemoveAll(l.dir)
	var env []string
	if p.env != nil {
		env = p.env(l)
	}
	path := b.found[p.name].Path
	r, err := b.execute(ctx, time.Duration(l.seconds)*time.Second+30*time.Second, path, p.args(l), env)
	if err != nil {
		return s, err
	}
	if p.collect != nil {
		if r.stdout, err = p.collect(ctx, path, l, r.stdout); err != nil {
			return s, err
		}
	}
	t, err := p.parse(r.stdout)
	if err != nil {
		return s, fmt.Errorf("its output: %w", err)
	}
	return sample{tally: t, cpu: r.cpu, wall: r.wall}, nil
}

// folder is a new one for a run's files.
func (b *bench) folder() (string, error) {
	b.runs++
	dir := filepath.Join(b.dir, fmt.Sprintf("run-%d", b.runs))
	return dir, os.Mkdir(dir, 0o755)
}
