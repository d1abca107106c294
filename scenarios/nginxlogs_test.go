package scenarios

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/loadgen/wire"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// accessJournal keeps what an access log's watcher says.
type accessJournal struct {
	eventJournal
	sums     []runfile.Access
	requests []runfile.Proxied
	examples int
}

func (j *accessJournal) Write(rec runfile.Record) error {
	switch rec := rec.(type) {
	case *runfile.Access:
		j.sums = append(j.sums, *rec)
	case *runfile.Proxied:
		j.requests = append(j.requests, *rec)
		if rec.Example {
			j.examples++
		}
	default:
		return j.eventJournal.Write(rec)
	}
	return nil
}

// accessLine is a line as NGINX would write it.
func accessLine(id, status, addr, upstream, connect, header, response string) string {
	return strings.NewReplacer("$request_id", "0", "$http_x_request_id", id, "$status", status,
		"$request_time", "0.921", "$msec", "1700000002.345",
		"$upstream_addr", addr, "$upstream_status", upstream, "$upstream_connect_time", connect,
		"$upstream_header_time", header, "$upstream_response_time", response).Replace(nginxlog.AccessFormat) +
		"\n"
}

func TestAccessLogWatcher(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	epoch := time.Now()
	id := func(start time.Duration, seq int) string { return string(wire.AppendID(nil, epoch, start, seq)) }
	const a, b = "10.0.0.1:80", "10.0.0.2:80"
	ctx, cancel := context.WithCancel(t.Context())
	j, done := &accessJournal{}, make(chan struct{})
	go func() {
		defer close(done)
		accessLogWatcher("proxy", path)(ctx, epoch, j)
	}()
	time.Sleep(3 * logPoll) // the follower starts at the end of what is there
	text := accessLine(id(time.Second, 0), "200", a, "200", "0.001", "0.021", "0.022") +
		accessLine(id(time.Second, 1), "504", a, "504", "-", "-", "0.900") +
		accessLine(id(time.Second, 2), "200", a+", "+b, "502, 200", "-, 0.001", "-, 0.021", "0.000, 0.022") +
		accessLine(id(time.Second, 3), "502", a+", "+b, "502, 502", "-, -", "-, -", "0.000, 0.000") +
		accessLine(id(2*time.Second, 0), "502", "backend", "502", "-", "-", "0.000") +
		accessLine("", "200", a, "200", "0.001", "0.021", "0.022") +
		accessLine(string(wire.AppendID(nil, epoch.Add(-time.Hour), time.Second, 1)), "200", a, "200",
			"0.001", "0.021", "0.022") +
		`127.0.0.1 - - [24/Nov/2026:20:00:00 +0000] "GET / HTTP/1.1" 200 2 "-" "curl"` + "\n"
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	cancel()
	<-done

	sum := map[time.Duration]runfile.Access{}
	for _, a := range j.sums {
		s := sum[a.TrialStart]
		if s.Hidden == nil {
			s.Hidden = map[int]uint64{}
		}
		for status, n := range a.Hidden {
			s.Hidden[status] += n
		}
		s.Requests, s.Tries, s.Retried, s.Saved = s.Requests+a.Requests, s.Tries+a.Tries, s.Retried+a.Retried,
			s.Saved+a.Saved
		s.Unconnected, s.Connect, s.Header, s.Body = s.Unconnected+a.Unconnected, s.Connect+a.Connect,
			s.Header+a.Header, s.Body+a.Body
		s.Foreign, s.Unread = s.Foreign+a.Foreign, s.Unread+a.Unread
		sum[a.TrialStart] = s
	}
	for start, want := range map[time.Duration]string{
		0:               "0 requests, 0 tries, 0 retried, 0 saved, map[], 0 unconnected, 0s 0s 0s, 2 foreign, 1 unread",
		time.Second:     "4 requests, 6 tries, 2 retried, 1 saved, map[502:1], 4 unconnected, 902ms 40ms 2ms, 0 foreign, 0 unread",
		2 * time.Second: "1 requests, 0 tries, 0 retried, 0 saved, map[], 0 unconnected, 0s 0s 0s, 0 foreign, 0 unread",
	} {
		s := sum[start]
		got := fmt.Sprintf("%d requests, %d tries, %d retried, %d saved, %v, %d unconnected, %v %v %v, %d foreign, %d unread",
			s.Requests, s.Tries, s.Retried, s.Saved, s.Hidden, s.Unconnected, s.Connect, s.Header, s.Body,
			s.Foreign, s.Unread)
		if got != want {
			t.Errorf("trial at %v:\n got %s\nwant %s", start, got, want)
		}
	}
	if len(j.requests) != 5 || j.examples != 1 || j.requests[1].Seq != 1 ||
		j.requests[4].TrialStart != 2*time.Second {
		t.Errorf("%d requests and %d examples: %+v", len(j.requests), j.examples, j.requests)
	}
	var lines uint64
	for _, e := range j.events {
		lines += e.Count
	}
	if lines != 7 {
		t.Errorf("%d lines were counted by class, want 7", lines)
	}
}
