package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/loadgen"
	"weir/loadgen/epoll"
	"weir/loadgen/pace"
	"weir/loadgen/plan"
	"weir/loadgen/self"
	"weir/report/runfile"
)

// runWeir carries out a load in a process of its own, as `weir run` would, or follows its schedule alone.
func runWeir(ctx context.Context, l load) (s sample, err error) {
	if l.Stalled > 0 {
		server, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return s, err
		}
		defer server.Close()
		go stall(server)
		l.URL = "http://" + server.Addr().String() + "/"
	}
	if l.Rate == 0 {
		l.Rate = l.Offer // what finds all connections in use is shed
	}
	exe, err := os.Executable()
	text, e := json.Marshal(l)
	if err := errors.Join(err, e); err != nil {
		return s, err
	}
	out, s, err := execute(ctx, l.Duration+l.Timeout, "", exe, own, string(text))
	if err == nil {
		err = json.Unmarshal([]byte(out), &s)
	}
	if err != nil || l.URL == "" {
		return s, err
	}
	err = s.read(filepath.Join(l.Dir, "record"), l.Stalled)
	if err == nil && (s.ok > 0) == (l.Stalled > 0) {
		err = fmt.Errorf("%d requests were answered and %d were not", s.ok, s.failed)
	}
	return s, err
}

// stall takes connections and requests, and never answers. It resets what the client has given up: a queue
// that is never emptied keeps the client's ports, and in two seconds connect(2) spends all its time on
// looking for a free one.
func stall(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(io.Discard, c)
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}()
	}
}

const (
	lane       = "server"
	beginAfter = 50 * time.Millisecond // until a load begins
)

// child is that process. It prints what it finds of itself; what became of the requests is in its record.
func child(ctx context.Context, text string, out io.Writer) error {
	var l load
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return fmt.Errorf("%s %q: %w", own, text, err)
	}
	p := plan.Plan{Stages: []plan.Stage{{From: l.Rate, To: l.Rate, Duration: l.Duration}}, Seed: 1}
	if l.Poisson {
		p.Arrival = plan.Poisson
	}
	var s sample
	offer := l.record
	if l.URL == "" {
		offer = follow
	}
	_, err := self.RaiseFileLimit()
	return errors.Join(err, offer(ctx, p, &s), json.NewEncoder(out).Encode(s))
}

// follow does nothing at a schedule's times: how late this machine alone makes a process.
func follow(ctx context.Context, p plan.Plan, s *sample) error {
	h, epoch := runfile.NewHistogram(), time.Now()
	err := pace.Run(ctx, epoch, beginAfter, p.Due(), func(_ int, due time.Duration) {
		_ = h.RecordValue(int64(time.Since(epoch) - due)) // what is over an hour is of no interest
	})
	s.Lags = lagsOf(h)
	return err
}

// record does what `weir run` does for one trial: the engine, with an id in each request, by which a proxy's
// log is joined to it, and the whole record of it in a file.
func (l load) record(ctx context.Context, p plan.Plan, s *sample) error {
	t := loadgen.Target{
		URL: l.URL, Timeout: l.Timeout, ConnectTimeout: l.Timeout, RequestIDs: true,
		MaxInFlight: l.Connections, WakeQuantum: l.Quantum,
	}
	if l.Reuse {
		t.Connections = loadgen.Reuse
	}
	engine, err := epoll.New(t)
	if err != nil {
		return err
	}
	w, err := runfile.Create(filepath.Join(l.Dir, "record"))
	if err != nil {
		return err
	}
	epoch := time.Now()
	rec, err := runfile.NewRecorder(w, runfile.Header{
		Version: release, Name: "peers", Epoch: epoch.UTC(), Seed: p.Seed, TrialsTotal: 1,
		Lanes: []runfile.Lane{{Name: lane, URL: l.URL, Mode: runfile.Loss, Engine: "epoll",
			Deadline: l.Timeout}},
	})
	if err != nil {
		return err
	}
	runtime.GC()
	s.Rest = resident("VmRSS")
	start := time.Since(epoch) + beginAfter
	err = rec.Write(&runfile.Trial{Lane: lane, Rate: l.Rate, Start: start, Due: p.Count(), Plan: p})
	if err != nil {
		return err
	}
	err = engine.Run(ctx, epoch, start, p, rec.Results(0))
	end := time.Since(epoch)
	s.Most = resident("VmHWM")
	trialEnd := &runfile.TrialEnd{End: end, Drained: true, DrainedAt: end}
	return errors.Join(err, rec.Write(trialEnd), rec.Close("complete"))
}

// resident reads this process's memory in bytes: VmRSS is now, VmHWM at the most so far (proc(5)).
func resident(key string) (bytes float64) {
	status, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(status), key+":")
	_, _ = fmt.Sscan(after, &bytes)
	return bytes * 1024
}

// lags are how late requests left, or a pacer woke, in µs.
type lags struct{ P50, P99, Max float64 }

func lagsOf(h *hdr.Histogram) lags {
	us := func(percent float64) float64 { return float64(h.ValueAtQuantile(percent)) / 1e3 }
	return lags{us(50), us(99), us(100)}
}

// read adds up a run of one trial. It reads the file, as a report does, so that nothing is measured that a
// real run does not do. Lags count from that time of the trial on.
func (s *sample) read(dir string, from time.Duration) error {
	r, err := runfile.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	lag := runfile.NewHistogram()
	changes := map[time.Duration]int64{} // of the requests in flight, by bin
	var start, end time.Duration
	for err == nil && r.Scan() {
		switch rec := r.Record().(type) {
		case *runfile.Trial:
			start = rec.Start
		case *runfile.TrialEnd:
			end = rec.End
		case *runfile.Bin:
			ok, done := rec.Done[loadgen.OK], uint64(0)
			for o, n := range rec.Done {
				if o.Sent() {
					done += n
				}
			}
			s.ok, s.failed = s.ok+ok, s.failed+done-ok
			changes[rec.At] += int64(rec.Sent) - int64(done)
			if rec.At >= start+from {
				err = runfile.MergeHistogram(lag, rec.Lag)
			}
		}
	}
	if err := errors.Join(err, r.Err()); err != nil {
		return err
	}
	if end <= start || lag.TotalCount() == 0 {
		return fmt.Errorf("the trial in %s has no end, or sent nothing", dir)
	}
	s.Lags, s.rate = lagsOf(lag), float64(s.ok)/(end-start).Seconds()
	now := int64(0)
	for _, at := range slices.Sorted(maps.Keys(changes)) {
		now += changes[at]
		s.inFlight = max(s.inFlight, float64(now))
	}
	return nil
}
