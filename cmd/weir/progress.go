package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/probe"
	"weir/report/result"
	"weir/report/runfile"
	"weir/report/words"
	"weir/scenarios"
)

// redrawEvery is how often the progress line changes.
const redrawEvery = 100 * time.Millisecond

// progress shows a run while it happens: at a terminal one line that is redrawn, elsewhere one line for each
// finished trial.
type progress struct {
	out      io.Writer
	terminal bool
	quiet    bool
	listener map[string][2]string // lane → host and address of its listener
	total    int
	length   time.Duration // of all trials, drains not counted
	began    time.Time
	stop     chan struct{}
	stopped  sync.WaitGroup

	// of the current trial; the generator's threads must not wait for a terminal
	sent, bad, canceled atomic.Uint64

	mu        sync.Mutex
	current   runfile.Trial
	started   time.Time // the current trial
	finished  int
	planned   time.Duration // of the finished trials
	observed  map[int]bool  // trials that are no load
	accounts  probe.Accounts
	from, now probe.State // of the current lane's listener: when the trial began, and as last known whole
	depth     uint32
	deepest   uint32 // of the current trial
	limit     uint32
}

func newProgress(out io.Writer, quiet bool, s *scenarios.Setup) *progress {
	p := &progress{
		out: out, quiet: quiet, total: len(s.Trials), length: s.Length(), began: time.Now(),
		listener: map[string][2]string{}, accounts: probe.Accounts{}, observed: map[int]bool{},
		stop: make(chan struct{}),
	}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.terminal = true
	}
	for _, l := range s.Lanes {
		p.listener[l.Name] = [2]string{l.ListenerHost, l.Listener}
	}
	if !quiet {
		fmt.Fprintln(out, introduction(s))
	}
	if p.terminal && !quiet {
		p.stopped.Go(p.redraw)
	}
	return p
}

// introduction says, before the load, what was found and what is about to happen.
func introduction(s *scenarios.Setup) string {
	trials := "1 trial"
	if n := len(s.Trials); n != 1 {
		trials = fmt.Sprintf("%d trials", n)
	}
	if n := len(s.Lanes); n > 1 {
		trials += fmt.Sprintf(" in %d lanes", n)
	}
	parts := []string{fmt.Sprintf("%s, about %v without drains", trials, s.Length().Round(time.Second))}
	if f := s.Search; f != nil {
		parts[0] = fmt.Sprintf("a search from %.4g req/s in trials of %v, %v at most", f.Start,
			f.Trial.Round(time.Millisecond), f.Budget)
	}
	if l := s.Lanes[0].Listener; l != "" {
		parts = append(parts, "watching "+l)
	}
	if c := s.Capacity; c.ServiceTime > 0 {
		parts = append(parts, fmt.Sprintf("service time %v (%s)", c.ServiceTime.Round(10*time.Microsecond),
			words.Of(result.Finding{Code: result.Code("service_time_" + c.ServiceTimeSource)})))
	}
	return s.Name + ": " + strings.Join(parts, "; ")
}

func (p *progress) redraw() {
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.mu.Lock()
			fmt.Fprintf(p.out, "\r%-79.79s", p.line())
			p.mu.Unlock()
		case <-p.stop:
			fmt.Fprintf(p.out, "\r%79s\r", "")
			return
		}
	}
}

func (p *progress) close() {
	close(p.stop)
	p.stopped.Wait()
}

func (p *progress) trial(t runfile.Trial) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Role != "" {
		p.observed[t.Index] = true
		return
	}
	p.current, p.deepest, p.started = t, 0, time.Now()
	p.sent.Store(0)
	p.bad.Store(0)
	p.canceled.Store(0)
	at := p.listener[t.Lane]
	p.from = p.accounts.State(at[0], at[1])
	p.now = p.from
}

// observes reports whether a trial is one of an observation.
func (p *progress) observes(trial int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.observed[trial]
}

func (p *progress) counted(r *count.Reading) {
	for _, b := range r.Bins {
		canceled := b.Of(loadgen.Canceled) // the run ended first: no failure of the server's
		p.sent.Add(b.Ended() + canceled)
		p.canceled.Add(canceled)
		p.bad.Add(b.Failed())
	}
}

func (p *progress) sample(s probe.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accounts.Add(s)
	at := p.listener[p.current.Lane]
	if s.Host != at[0] {
		return
	}
	l := p.accounts.State(at[0], at[1])
	if l.Whole() {
		p.now = l
	}
	if l.Sockets > 0 {
		p.depth, p.limit, p.deepest = l.Depth, l.Limit, max(p.deepest, l.Depth)
	}
}

func (p *progress) trialEnd() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished++
	p.planned += p.current.Plan.Duration()
	if !p.terminal && !p.quiet {
		canceled := ""
		if n := p.canceled.Load(); n > 0 {
			canceled = fmt.Sprintf(", %d canceled as the run ended", n)
		}
		fmt.Fprintf(p.out, "trial %s %s %s: %d requests, %d failed%s, %s\n",
			p.number(p.finished), p.current.Lane, rateText(p.current.Rate), p.sent.Load(), p.bad.Load(),
			canceled, p.kernel(p.deepest))
	}
}

// line is the whole state in one terminal line of 79 columns.
func (p *progress) line() string {
	if p.current.Lane == "" {
		return "listening to the idle server…"
	}
	const width = 10
	offered := p.planned + min(time.Since(p.started), p.current.Plan.Duration())
	done := min(width, int(width*offered/max(p.length, 1)))
	bar := strings.Repeat("█", done) + strings.Repeat("░", width-done)
	if p.total == 0 { // a search: nobody knows how many there will be
		bar = "searching"
	}
	return fmt.Sprintf("%s %s %s %s  %s  failed %d  %s",
		bar, p.number(p.finished+1), p.current.Lane, rateText(p.current.Rate), p.kernel(p.depth),
		p.bad.Load(), p.left())
}

// number is which trial it is, and of how many where that is known.
func (p *progress) number(n int) string {
	if p.total == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d/%d", min(n, p.total), p.total)
}

// kernel says what the probe sees of the current lane's listener.
func (p *progress) kernel(depth uint32) string {
	if !p.now.Listened() {
		return "Recv-Q unknown"
	}
	text := fmt.Sprintf("Recv-Q %d/%d", depth, p.limit)
	switch since := p.now.Since(p.from); {
	case since.Overflows == nil:
	case since.Drops != nil:
		text += fmt.Sprintf("  overflows %d", *since.Overflows)
	default: // another listener's, maybe
		text += fmt.Sprintf("  netns overflows %d", *since.Overflows)
	}
	return text
}

// left estimates the remaining time from the pace of the trials so far.
func (p *progress) left() string {
	elapsed := time.Since(p.began)
	total := p.length
	if p.planned > 0 && p.total > 0 {
		total = time.Duration(float64(elapsed) * float64(p.length) / float64(p.planned))
	}
	left := max(total-elapsed, 0).Round(time.Second)
	return fmt.Sprintf("%d:%02d left", int(left.Minutes()), int(left.Seconds())%60)
}

func rateText(rate float64) string {
	if rate == 0 {
		return "varying rate"
	}
	return fmt.Sprintf("%.0f/s", rate)
}
