package probe

import (
	"strings"
	"testing"
)

// TestOffer: a count of workers is offered where it can be nothing else, and what was seen is told everywhere.
func TestOffer(t *testing.T) {
	worker := Process{Threads: 1, Command: "gunicorn app:app --backlog=2048 " + strings.Repeat("x", 100)}
	threaded, looping := worker, worker
	threaded.Threads, looping.EventLoop = 4, true
	server := func(parent Process, workers ...Process) Server {
		parent.Pid, parent.Name, parent.Threads = 812, "gunicorn", max(parent.Threads, 1)
		return Server{Process: parent, Workers: workers, Inodes: []uint32{5}}
	}
	heir := Server{Process: Process{Pid: 900, Name: "sleep", Threads: 1}, Inodes: []uint32{5}}
	for name, test := range map[string]struct {
		d    Discovery
		n    int
		says string
	}{
		"pre-forked":              {Discovery{Servers: []Server{server(Process{}, worker, worker, worker)}}, 3, "counted: 3 processes `gunicorn app:app"},
		"one":                     {Discovery{Servers: []Server{server(Process{}, worker)}}, 1, "counted: 1 process `gunicorn app:app"},
		"no workers":              {Discovery{Servers: []Server{server(Process{Threads: 9})}}, 0, "no pre-forked workers"},
		"threads":                 {Discovery{Servers: []Server{server(Process{}, worker, threaded)}}, 0, "several threads"},
		"an event loop":           {Discovery{Servers: []Server{server(Process{}, looping, worker)}}, 0, "event loop"},
		"a parent with threads":   {Discovery{Servers: []Server{server(Process{Threads: 2}, worker, worker)}}, 0, "the parent may accept"},
		"a parent that polls":     {Discovery{Servers: []Server{server(Process{EventLoop: true}, worker, worker)}}, 0, "the parent may accept"},
		"a parent that accepts":   {Discovery{Servers: []Server{server(Process{Waiting: "inet_csk_accept"}, worker, worker)}}, 0, "the parent may accept"},
		"an heir":                 {Discovery{Servers: []Server{server(Process{}, worker), heir}}, 0, "inherited it"},
		"a group":                 {Discovery{Servers: []Server{heir, heir}}, 0, "SO_REUSEPORT"},
		"a search that was cut":   {Discovery{Servers: []Server{server(Process{}, worker)}, Cut: "after 9"}, 0, "cut short after 9"},
		"nobody that can be seen": {Discovery{Listeners: []Listener{{}}, Barred: 4}, 0, "4 of 4 processes could not be looked into"},
	} {
		n, text := test.d.Offer()
		if n != test.n || !strings.Contains(text, test.says) || (n == 0) != strings.HasPrefix(text, "not counted: ") {
			t.Errorf("%s: %d, %s", name, n, text)
		}
		if len([]rune(text)) > 300 {
			t.Errorf("%s: too long for a line: %s", name, text)
		}
	}
}

func TestAsked(t *testing.T) {
	for command, want := range map[string]uint64{
		"gunicorn --backlog 2048 app:app": 2048, "uvicorn --backlog=511": 511,
		"gunicorn": 0, "gunicorn --backlog": 0, "x --backlog -1": 0, "x --backlog 99999999999": 0,
	} {
		d := Discovery{Servers: []Server{{Process: Process{Command: command}}}}
		if got := d.Asked(); got != want {
			t.Errorf("%q: %d, want %d", command, got, want)
		}
	}
	most := uint64(128)
	d := Discovery{Somaxconn: &most, Servers: []Server{{Process: Process{Command: "g --backlog 2048"}}}}
	if got := d.Clamp(Listener{Limit: 128}); !strings.HasPrefix(got, "asked 2048 (--backlog), has 128 = net.core.somaxconn") {
		t.Errorf("%q", got)
	}
}
