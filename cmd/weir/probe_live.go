package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"weir/probe"
	"weir/probe/prom"
	"weir/probe/table"
	"weir/probe/tally"
)

const (
	redrawTable = 200 * time.Millisecond
	lineEvery   = time.Second
)

// watch shows the tally until ctx ends: as a table that is redrawn where stdout is a terminal, else as a line
// a second. The last thing it says is how things stood at the end.
func (f *probeFlags) watch(ctx context.Context, s streams, p *watched) error {
	head := table.Head{Host: p.config.Host, Every: f.every, Unheard: func(v tally.View) []string {
		return p.unheard(addressesOf(v.Listeners, func(l tally.Listener) string { return l.Addr }))
	}}
	who := found{config: p.config}
	head.Clamp = who.clamp
	epoch := time.Now()
	sum := tally.New(lineEvery)
	sum.Add(p.Read(epoch))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go who.follow(ctx, sum)
	var both errgroup.Group
	both.Go(func() error {
		p.Run(ctx, epoch, f.every, sum.Add)
		return nil
	})
	both.Go(func() error {
		defer cancel() // a stdout that is gone ends the readings too
		if screen, ok := terminal(s.out); ok {
			return drawTable(ctx, screen, head, sum)
		}
		return printLines(ctx, s, head, sum)
	})
	err := both.Wait()
	if err == nil {
		sum.Add(p.Read(epoch)) // the last word
		_, err = fmt.Fprintln(s.out, table.Line(head, sum.View()))
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

func addressesOf[L any](listeners []L, addr func(L) string) (all []string) {
	for _, l := range listeners {
		all = append(all, addr(l))
	}
	return all
}

// complaints are what stderr has been told of sources that failed: each is told once, and again when it fails
// otherwise.
type complaints map[string]string

func (c *complaints) about(s streams, failed []probe.SourceError) {
	if *c == nil {
		*c = complaints{}
	}
	for _, e := range failed {
		if (*c)[e.Source] != e.Text {
			(*c)[e.Source] = e.Text
			fmt.Fprintf(s.err, "weir: not known: %s\n", table.Printable(e.String()))
		}
	}
}

// printLines tells at once what cannot be known, and then how things stand, each second.
func printLines(ctx context.Context, s streams, head table.Head, sum *tally.Tally) error {
	var told complaints
	told.about(s, sum.View().Errors)
	limits := clamps{}
	return each(ctx, lineEvery, func() error {
		v := sum.View()
		told.about(s, v.Errors)
		limits.about(s, head, v)
		_, err := fmt.Fprintln(s.out, table.Line(head, v))
		return err
	})
}

// terminal is stdout where it can be drawn on.
func terminal(out io.Writer) (*os.File, bool) {
	f, ok := out.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Control sequences of every terminal since the VT100, but for the second screen, which is xterm's.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // the second screen, without a cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	topLeft     = "\x1b[H"
	endOfLine   = "\x1b[K\r\n"
	endOfScreen = "\x1b[K\x1b[J"
)

// drawTable redraws in place, in a single write, so that nothing flickers. It draws on the second screen:
// what the user had on the first comes back afterwards.
func drawTable(ctx context.Context, screen *os.File, head table.Head, sum *tally.Tally) error {
	colour := os.Getenv("NO_COLOR") == ""
	if _, err := io.WriteString(screen, enterScreen); err != nil {
		return err
	}
	defer func() { _, _ = io.WriteString(screen, leaveScreen) }()
	draw := func() error {
		size := table.Size{Width: 80, Height: 24}
		if w, h, err := term.GetSize(int(screen.Fd())); err == nil && w > 0 && h > 0 {
			size = table.Size{Width: w, Height: h}
		}
		lines := table.Table(head, sum.View(), size, colour)
		_, err := io.WriteString(screen, topLeft+strings.Join(lines, endOfLine)+endOfScreen)
		return err
	}
	if err := draw(); err != nil {
		return err
	}
	return each(ctx, redrawTable, draw)
}

// each calls do at that interval until ctx ends or do fails.
func each(ctx context.Context, every time.Duration, do func() error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := do(); err != nil {
				return err
			}
		}
	}
}

// export answers scrapes until ctx ends, each with the last reading. Between scrapes it watches the queues
// for their peaks.
func (f *probeFlags) export(ctx context.Context, s streams, p *watched) error {
	window, err := time.ParseDuration(prom.PeakWindow)
	if err != nil {
		return err
	}
	l, err := prom.Listen(f.prometheus)
	if err != nil {
		return usage("--prometheus: %w", err)
	}
	epoch := time.Now()
	sum := tally.New(window)
	sum.Add(p.ReadAll(epoch))
	new(complaints).about(s, sum.View().Errors)
	fmt.Fprintf(s.err, "weir: metrics on http://%s/metrics\n", l.Addr())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var both errgroup.Group
	both.Go(func() error {
		p.Run(ctx, epoch, f.every, sum.Add)
		return nil
	})
	both.Go(func() error {
		defer cancel()
		return prom.Serve(ctx, l, version(), sum.View)
	})
	return both.Wait()
}
