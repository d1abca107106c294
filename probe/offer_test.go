package probe

import (
	"fmt"
	"strings"
	"testing"
)

// TestOffer: a count of workers is offered where it can be nothing else, and what was seen is told
// everywhere.
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
		"pre-forked": {Discovery{Servers: []Server{server(Process{}, worker, worker, worker)}},
			3, "3 processes `gunicorn app:app"},
		"one": {Discovery{Servers: []Server{server(Process{}, worker)}}, 1,
			"1 process `gunicorn app:app"},
		"no workers": {Discovery{Servers: []Server{server(Process{Threads: 9})}}, 0,
			"no pre-forked workers"},
		"threads": {Discovery{Servers: []Server{server(Process{}, worker, threaded)}}, 0,
			"several threads"},
		"an event loop": {Discovery{Servers: []Server{server(Process{}, looping, worker)}}, 0,
			"event loop"},
		"a parent with threads": {Discovery{Servers: []Server{server(Process{Threads: 2}, worker, worker)}},
			0, "the parent may accept"},
		"a parent that polls": {Discovery{Servers: []Server{server(Process{EventLoop: true}, worker,
			worker)}}, 0, "the parent may accept"},
		"a parent that accepts": {Discovery{Servers: []Server{server(Process{Waiting: "inet_csk_accept"},
			worker, worker)}}, 0, "the parent may accept"},
		"an heir": {Discovery{Servers: []Server{server(Process{}, worker), heir}}, 0,
			"inherited it"},
		"a group": {Discovery{Servers: []Server{heir, heir}}, 0, "SO_REUSEPORT"},
		"a search that was cut": {Discovery{Servers: []Server{server(Process{}, worker)}, Cut: "after 9"},
			0, "cut short after 9"},
		"nobody that can be seen": {Discovery{Listeners: []Listener{{}}, Barred: 4}, 0,
			"4 of 4 processes could not be looked into"},
	} {
		n, text := test.d.Offer()
		if n != test.n || !strings.Contains(text, test.says) {
			t.Errorf("%s: %d, %s", name, n, text)
		}
		if len([]rune(text)) > 300 {
			t.Errorf("%s: too long for a line: %s", name, text)
		}
	}
}

// TestOfferOfAGroup: processes that have each a socket of an SO_REUSEPORT group are counted where they can be
// nothing else.
func TestOfferOfAGroup(t *testing.T) {
	member := func(pid int, inodes ...uint32) Server {
		return Server{Process: Process{Pid: pid, Name: "app", Command: "app --reuse-port", Threads: 1,
			Program: "a1"}, Inodes: inodes}
	}
	group := []Listener{{Addr: "0.0.0.0:80", Inode: 1}, {Addr: "0.0.0.0:80", Inode: 2},
		{Addr: "0.0.0.0:80", Inode: 3}}
	both := []Listener{{Addr: "0.0.0.0:80", Inode: 1}, {Addr: "0.0.0.0:80", Inode: 2},
		{Addr: "[::]:80", Inode: 3}, {Addr: "[::]:80", Inode: 4}}
	threaded, looping, other, hidden := member(9, 3), member(9, 3), member(9, 3), member(9, 3)
	threaded.Threads, looping.EventLoop, other.Program, hidden.Program = 2, true, "b2", ""
	for name, test := range map[string]struct {
		listeners []Listener
		servers   []Server
		cut       string
		n         int
	}{
		"one each":                  {group, []Server{member(7, 1), member(8, 2), member(9, 3)}, "", 3},
		"of each family one":        {both, []Server{member(7, 1, 3), member(8, 2, 4)}, "", 2},
		"a socket without a holder": {group, []Server{member(7, 1), member(8, 2)}, "", 0},
		"a socket that two have":    {group[:2], []Server{member(7, 1), member(8, 1)}, "", 0},
		"two sockets of one":        {group, []Server{member(7, 1, 2), member(8, 3)}, "", 0},
		"two of four": {append(group, Listener{Addr: "0.0.0.0:80", Inode: 4}),
			[]Server{member(7, 1, 2), member(8, 3, 4)}, "", 0},
		"threads":            {group, []Server{member(7, 1), member(8, 2), threaded}, "", 0},
		"an event loop":      {group, []Server{member(7, 1), member(8, 2), looping}, "", 0},
		"another program":    {group, []Server{member(7, 1), member(8, 2), other}, "", 0},
		"a program not seen": {group, []Server{member(7, 1), member(8, 2), hidden}, "", 0},
		"a search that was cut": {group, []Server{member(7, 1), member(8, 2), member(9, 3)}, "after 9",
			0},
	} {
		n, text := Discovery{Listeners: test.listeners, Servers: test.servers, Cut: test.cut}.Offer()
		if n != test.n {
			t.Errorf("%s: %d, %s", name, n, text)
		}
		if n > 0 && !strings.Contains(text, fmt.Sprintf("%d processes `app --reuse-port` (pid 7, 8", n)) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
