package scenarios

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"weir/loadgen/wire"
	"weir/probe/nginxlog"
	"weir/probe/nginxstatus"
	"weir/report/runfile"
)

// watchNGINX has the user's logs of NGINX followed and its status polled. They must be readable now: later is
// too late to find a wrong path.
func (s *Setup) watchNGINX(ctx context.Context, opt AttachOptions) error {
	for _, log := range []struct {
		path    string
		watcher func(host, path string) Watcher
	}{
		{opt.NGINXErrorLog, errorLogWatcher},
		{opt.NGINXAccessLog, accessLogWatcher},
	} {
		if log.path == "" {
			continue
		}
		f, err := nginxlog.Open(log.path)
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("the proxy's log: %w: NGINX's logs are often readable for root and the group adm only", err)
		}
		if err != nil {
			return fmt.Errorf("the proxy's log: %w", err)
		}
		_ = f.Close()
		s.Watchers = append(s.Watchers, log.watcher("proxy", log.path))
	}
	if opt.NGINXStatus == "" {
		return nil
	}
	return s.watchStatus(ctx, "proxy", opt.NGINXStatus)
}

// watchStatus has the stub_status of the NGINX on a host polled, which must answer now.
func (s *Setup) watchStatus(ctx context.Context, host, address string) error {
	p, err := nginxstatus.New(host, address)
	if err != nil {
		return fmt.Errorf("--nginx-status: %w", err)
	}
	s.onClose(p.Close)
	if first := p.Read(ctx, time.Now()); first.Status == nil {
		return fmt.Errorf("--nginx-status: %s", first.Error)
	}
	s.Watchers = append(s.Watchers, func(ctx context.Context, epoch time.Time, rec Recorder) {
		p.Run(ctx, epoch, func(poll nginxstatus.Poll) { rec.Write(&runfile.ProxyStatus{Poll: poll}) })
	})
	return nil
}

// accessLogWatcher follows NGINX's access log. It counts the lines by class, sums up what they say of this
// run's requests by trial, and hands over each of those.
func accessLogWatcher(host, path string) Watcher {
	return func(ctx context.Context, epoch time.Time, rec Recorder) {
		classes, sums := newEventBins(host, rec), accessSums{host: host, epoch: epoch.UnixMilli(), rec: rec}
		followLog(later(ctx, lastLines), epoch, host, path, rec, func(at time.Duration, text []byte) {
			r, ok := nginxlog.ParseRequest(text)
			if !ok {
				sums.unread(at)
				return
			}
			classes.add(at, r.Line(text))
			sums.add(at, r)
		})
		classes.emit()
		sums.emit()
	}
}

// lastLines is how long after the end lines may still come: NGINX writes a request's when the client has its
// answer.
const lastLines = 100 * time.Millisecond

// later is a context that ends so long after another.
func later(ctx context.Context, d time.Duration) context.Context {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out
}

// accessSums adds up the bin that is under way. What it adds up goes out when a line comes in another bin.
type accessSums struct {
	host     string
	epoch    int64 // Unix milliseconds: other runs' ids have another
	rec      Recorder
	at       time.Duration
	open     map[time.Duration]*runfile.Access // by trial
	other    runfile.Access                    // lines that are none of ours
	examples map[string]int                    // of the bin, by class
}

// examplesPerBin is how many retried requests of a class and bin are worth keeping singly.
const examplesPerBin = 2

func (s *accessSums) unread(at time.Duration) {
	s.move(at)
	s.other.Unread++
}

func (s *accessSums) add(at time.Duration, r nginxlog.Request) {
	s.move(at)
	id, ok := wire.ParseID(r.ID)
	if !ok || id.Epoch != s.epoch {
		s.other.Foreign++
		return
	}
	a := s.open[id.Start]
	if a == nil {
		a = &runfile.Access{Host: s.host, At: s.at, TrialStart: id.Start, Hidden: map[int]uint64{}}
		s.open[id.Start] = a
	}
	saved := countIn(a, r)
	example := saved && s.examples[r.Class()] < examplesPerBin
	if example {
		s.examples[r.Class()]++
	}
	s.rec.Write(&runfile.Proxied{Host: s.host, At: at, TrialStart: id.Start, Seq: id.Position, Request: r,
		Example: example})
}

// move ends the bin that is under way if at is in another.
func (s *accessSums) move(at time.Duration) {
	if at = at.Truncate(eventBin); at != s.at || s.open == nil {
		s.emit()
		s.at, s.open, s.examples = at, map[time.Duration]*runfile.Access{}, map[string]int{}
	}
}

func (s *accessSums) emit() {
	for _, a := range s.open {
		s.rec.Write(a)
	}
	if s.other.Foreign > 0 || s.other.Unread > 0 {
		s.other.Host, s.other.At = s.host, s.at
		s.rec.Write(&s.other)
	}
	s.open, s.other = nil, runfile.Access{}
}

// countIn adds a request, and reports whether the request was saved: a try failed, and the client did not see
// it.
func countIn(a *runfile.Access, r nginxlog.Request) (saved bool) {
	a.Requests++
	tries := uint64(r.More)
	for _, t := range r.Tries {
		if !t.Asked() {
			continue
		}
		tries++
		if t.Connect == nil && t.Header == nil {
			a.Unconnected++
		}
		connect, header, body := t.Spent()
		a.Connect += connect
		a.Header += header
		a.Body += body
	}
	a.Tries += tries
	if tries <= 1 {
		return false
	}
	a.Retried++
	if r.Status == 0 || r.Status >= 500 || r.Status == 499 {
		return false
	}
	for _, t := range r.Tries[:len(r.Tries)-1] {
		if t.Status >= 400 {
			a.Hidden[t.Status]++
			saved = true
		}
	}
	if saved {
		a.Saved++
	}
	return saved
}
