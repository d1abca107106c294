package world

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/probe/nginxstatus"
	"weir/report/runfile"
)

// nginx writes the logs of the proxy and reads them again, as a run does, and answers polls of its status.
type nginx struct {
	events     map[logged]*runfile.Event
	access     map[time.Duration]*runfile.Access // by bin
	requests   uint64                            // of the trials before
	sent, done []time.Duration                   // of the requests of the trial that is under way
	polled     time.Duration
}

type logged struct {
	at            time.Duration
	source, class string
}

// request logs one request of the trial that began at start.
func (n *nginx) request(rec Recorder, start time.Duration, r loadgen.Result) error {
	request := asked(r)
	if e := n.event(r.Done, runfile.FromAccessLog, request.Class()); e.Count == 1 {
		e.Text = accessLine(r, request)
	}
	if r.Status == 504 {
		if e := n.event(r.Done, runfile.FromErrorLog, nginxlog.ConnectTimeout); e.Count == 1 {
			l, _ := nginxlog.ParseError([]byte(errorLine(r)))
			e.Text = l.Text
		}
	}
	n.sum(start, r.Done.Truncate(runfile.BinWidth), request)
	return rec.Write(&runfile.Proxied{
		Host: Proxy, At: r.Done, TrialStart: start.Truncate(ms), Seq: r.Seq, Request: request,
	})
}

// event counts one line.
func (n *nginx) event(at time.Duration, source, class string) *runfile.Event {
	key := logged{at.Truncate(runfile.BinWidth), source, class}
	if n.events[key] == nil {
		n.events[key] = &runfile.Event{Host: Proxy, At: key.at, Source: source, Class: class}
	}
	n.events[key].Count++
	return n.events[key]
}

func (n *nginx) sum(start, bin time.Duration, r nginxlog.Request) {
	a := n.access[bin]
	if a == nil {
		a = &runfile.Access{Host: Proxy, At: bin, TrialStart: start.Truncate(ms)}
		n.access[bin] = a
	}
	a.Requests++
	for _, t := range r.Tries {
		a.Tries++
		if t.Connect == nil && t.Header == nil {
			a.Unconnected++
		}
		connect, header, body := t.Spent()
		a.Connect, a.Header, a.Body = a.Connect+connect, a.Header+header, a.Body+body
	}
}

// flush writes what was counted since it was last called.
func (n *nginx) flush(rec Recorder) error {
	byTime := func(a, b logged) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.source, b.source), cmp.Compare(a.class, b.class))
	}
	for _, key := range slices.SortedFunc(maps.Keys(n.events), byTime) {
		if err := rec.Write(n.events[key]); err != nil {
			return err
		}
	}
	for _, at := range slices.Sorted(maps.Keys(n.access)) {
		if err := rec.Write(n.access[at]); err != nil {
			return err
		}
	}
	n.requests += uint64(len(n.sent))
	*n = nginx{requests: n.requests, polled: n.polled}
	return nil
}

// take prepares the requests of a trial.
func (n *nginx) take(told []toldResult) {
	n.events, n.access = map[logged]*runfile.Event{}, map[time.Duration]*runfile.Access{}
	for _, r := range told {
		n.sent, n.done = append(n.sent, r.Sent), append(n.done, r.Done)
	}
	slices.Sort(n.sent)
}

// poll reads the status when it is time.
func (n *nginx) poll(rec Recorder, at time.Duration) error {
	if at < n.polled {
		return nil
	}
	n.polled = at + nginxstatus.Every
	begun := uint64(upTo(n.sent, at))
	active, all := 1+begun-uint64(upTo(n.done, at)), 1+n.requests+begun
	status := nginxstatus.Status{Active: active, Writing: active, Accepts: all, Handled: all, Requests: all}
	poll := nginxstatus.Poll{Host: Proxy, At: at, Took: ms, Status: &status}
	return rec.Write(&runfile.ProxyStatus{Poll: poll})
}

// asked is what the access log says of a request: one try, in whole milliseconds.
func asked(r loadgen.Result) nginxlog.Request {
	took, connect := (r.Done - r.Sent).Truncate(ms), time.Duration(0)
	try := nginxlog.Try{Addr: Listener, Status: r.Status, Connect: &connect, Header: &took, Response: &took}
	q := nginxlog.Request{Status: r.Status, Took: &took, Tries: []nginxlog.Try{try}}
	switch r.Status {
	case 504: // no connection
		q.Tries[0].Connect, q.Tries[0].Header = nil, nil
	case 502: // no response header
		q.Tries[0].Header = nil
	case 0: // its client gave up before one came
		q.Status, q.Tries[0].Header = 499, nil
	}
	return q
}

// accessLine is the line that says so.
func accessLine(r loadgen.Result, q nginxlog.Request) string {
	status := func(n int) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprint(n)
	}
	seconds := func(d *time.Duration) string {
		if d == nil {
			return "-"
		}
		return fmt.Sprintf("%.3f", d.Seconds())
	}
	try := q.Tries[0]
	return strings.NewReplacer(
		"$msec", seconds(&r.Done), "$request_id", fmt.Sprintf("%032x", r.Seq), "$http_x_request_id", "",
		"$status", status(q.Status), "$request_time", seconds(q.Took),
		"$upstream_addr", try.Addr, "$upstream_status", status(try.Status),
		"$upstream_connect_time", seconds(try.Connect), "$upstream_header_time", seconds(try.Header),
		"$upstream_response_time", seconds(try.Response)).Replace(nginxlog.AccessFormat)
}

// errorLine is what the error log says of one that found the accept queue full.
func errorLine(r loadgen.Result) string {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(r.Done)
	return fmt.Sprintf(`%s [error] 31#31: *%d upstream timed out (110: Connection timed out) while `+
		`connecting to upstream, client: 10.77.0.1, server: , request: "GET / HTTP/1.1", `+
		`upstream: "http://%s/", host: "10.77.0.2:8080"`,
		at.Format("2006/01/02 15:04:05"), 1+r.Seq, Listener)
}
