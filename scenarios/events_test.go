package scenarios

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
	"weir/report/runfile"
)

type eventJournal struct {
	journal
	events []runfile.Event
}

func (j *eventJournal) Write(rec runfile.Record) error {
	if e, ok := rec.(*runfile.Event); ok {
		j.events = append(j.events, *e)
	}
	return nil
}

func TestLogWatcherCountsLinesByClass(t *testing.T) {
	path := filepath.Join(t.TempDir(), "error.log")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const line = `2026/11/22 13:45:01 [error] 7#7: *1 upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.77.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://10.77.0.3:8000/", host: "x"` + "\n"
	ctx, cancel := context.WithCancel(t.Context())
	j := &eventJournal{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		errorLogWatcher("proxy", path)(ctx, time.Now(), j)
	}()
	time.Sleep(3 * logPoll) // the follower starts at the end of what is there
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := f.WriteString(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	cancel() // what was written before the end must still be counted
	<-done
	var count uint64
	for _, e := range j.events {
		count += e.Count
		if e.Source != "nginx.error" || e.Class != "connect_timeout" || e.Host != "proxy" || e.Text == "" {
			t.Errorf("event is %+v", e)
		}
	}
	if count != 5 {
		t.Errorf("%d lines counted, want 5", count)
	}
}
