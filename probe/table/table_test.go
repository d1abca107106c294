package table

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"weir/probe"
	"weir/probe/tally"
)

// overflowing is a full TCP queue that drops 50 packets a second, a unix queue, a REUSEPORT group with a long
// name, and a source that failed.
func overflowing() (Head, tally.View) {
	ta := tally.New(time.Second)
	for i := range 201 {
		drops, other := uint32(i/2), uint32(3)
		ta.Add(probe.Sample{
			At: time.Duration(i) * 10 * time.Millisecond,
			Counters: map[string]uint64{"TcpExtListenOverflows": uint64(1000 + i/2),
				"TcpInSegs": uint64(12345 * i), "TcpOutRsts": 9},
			Listeners: []probe.Listener{
				{Addr: "127.0.0.1:8000", Cookie: 1, Depth: 17, Limit: 16, Drops: &drops},
				{Addr: "/run/a\x1b[2J/" + strings.Repeat("long/", 20) + "app.sock", Cookie: 2, Depth: 1,
					Limit: 128},
				{Addr: "[::]:9000", Cookie: 3, Limit: 8, Drops: &other},
				{Addr: "[::]:9000", Cookie: 4, Limit: 8, Drops: &other},
			},
			Errors: []probe.SourceError{{Source: "cgroup", Text: "no\nway"}},
		})
	}
	return Head{Host: "app-3", Every: 10 * time.Millisecond,
		Unheard: func(tally.View) []string { return []string{":1"} }}, ta.View()
}

func TestTableFits(t *testing.T) {
	head, v := overflowing()
	for _, size := range []Size{{80, 24}, {40, 10}, {20, 3}, {1, 1}, {200, 50}} {
		lines := Table(head, v, size, false)
		if len(lines) > max(size.Height, 3) {
			t.Errorf("%v: %d lines", size, len(lines))
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > max(size.Width, 20) {
				t.Errorf("%v: %d cells in %q", size, n, l)
			}
			if strings.ContainsAny(l, "\x1b\n\r") {
				t.Errorf("a control code without colour: %q", l)
			}
		}
	}
}

func TestTable(t *testing.T) {
	head, v := overflowing()
	text := strings.Join(Table(head, v, Size{80, 24}, false), "\n")
	for _, want := range []string{
		"weir probe · app-3 · 0:00:02 · every 10ms", "17/16     17      100      50", "app.sock", "1/128",
		"[::]:9000 ×2",
		"nobody listens here", "TcpExtListenOverflows                       100           50",
		"2,469,000    1,234,500", "not known: whether a CPU quota stopped the listener's processes (cgroup): no?way",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "TcpOutRsts") {
		t.Error("a counter that did not change is shown")
	}
	coloured := Table(head, v, Size{80, 24}, true)
	for _, l := range coloured {
		lost := strings.Contains(l, "127.0.0.1:8000") || strings.Contains(l, "ListenOverflows")
		if isRed := strings.HasPrefix(l, string(red)); isRed != lost {
			t.Errorf("red: %v, want %v: %q", isRed, lost, l)
		}
	}
}

func TestLine(t *testing.T) {
	head, v := overflowing()
	got := Line(head, v)
	for _, want := range []string{
		"0:00:02 · ", "127.0.0.1:8000 17/16 peak 17 drops 100 +50/s", ":1 nobody listens here",
		"TcpExtListenOverflows 100 +50/s", " · cgroup not known",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in %s", want, got)
		}
	}
	if strings.ContainsAny(got, "\x1b\n") {
		t.Errorf("control codes in %q", got)
	}
}

// TestBlind: where listeners cannot be seen, nobody may say that nobody listens.
func TestBlind(t *testing.T) {
	ta := tally.New(time.Second)
	ta.Add(probe.Sample{Errors: []probe.SourceError{{Source: "inet_diag",
		Text: "entering needs CAP_SYS_ADMIN", Lost: true}}})
	ta.Add(probe.Sample{At: 1, Gauges: map[string]uint64{"listen.depth": 4}})
	head := Head{Unheard: func(tally.View) []string { return []string{":8000"} }}
	text := strings.Join(Table(head, ta.View(), Size{80, 24}, false), "\n") + Line(head, ta.View())
	if strings.Contains(text, "nobody") || !strings.Contains(text, ":8000           not known, Recv-Q 4") ||
		!strings.HasSuffix(text, ":8000 not known, Recv-Q 4") || !strings.Contains(text, "CAP_SYS_ADMIN") {
		t.Error(text)
	}
}

func TestGauge(t *testing.T) {
	for _, c := range []struct {
		depth, limit uint32
		want         string
	}{
		{0, 16, "········"}, {17, 16, "████████"}, {18, 16, "████████"}, {16, 16, "███████▌"},
		{1, 4096, "▏·······"}, {1, 0, "████████"},
	} {
		if got := gauge(tally.Listener{Depth: c.depth, Limit: c.limit}, 8); got != c.want {
			t.Errorf("%d/%d: %s, want %s", c.depth, c.limit, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567",
		1<<64 - 1: "18446744073709.6M"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestOnce(t *testing.T) {
	drops, most := uint32(4), uint64(16)
	got := Once(probe.Sample{
		Counters: map[string]uint64{"TcpOutRsts": 2, "TcpExtListenOverflows": 4},
		Gauges:   map[string]uint64{"sockstat.TCP.tw": 1},
		Listeners: []probe.Listener{{Addr: "127.0.0.1:8000", Inode: 5, Depth: 17, Limit: 16, Drops: &drops},
			{Addr: "/a", Inode: 6, Limit: 3}},
	}, probe.Discovery{Somaxconn: &most, Servers: []probe.Server{
		{Process: probe.Process{Pid: 812, Name: "gunicorn\x1b"}, Workers: make([]probe.Process, 8),
			Inodes: []uint32{5}},
		{Process: probe.Process{Pid: 9, Name: "other", Threads: 1}, Inodes: []uint32{7}},
	}})
	want := "listener 127.0.0.1:8000 recv-q 17 limit 16 drops 4\nbacklog 127.0.0.1:8000 has 16 = net.core.somaxconn: the server may have asked for more; raise the setting and restart it to know\nserver 127.0.0.1:8000 pid 812 gunicorn?: master + 8 workers share inode 5\nlistener /a recv-q 0 limit 3\nTcpExtListenOverflows 4\nTcpOutRsts 2\nsockstat.TCP.tw 1\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTraced(t *testing.T) {
	ta := tally.New(time.Second)
	ta.Add(probe.Sample{Counters: map[string]uint64{"trace.accept.count": 0, "trace.accept.wait_ns": 0}})
	ta.Add(probe.Sample{At: 1, Counters: map[string]uint64{
		"trace.accept.count": 4, "trace.accept.wait_ns": 6e6, "trace.accept.wait.80": 4,
		"trace.rst.sent.listener.INVALID_SYN": 3,
	}})
	const want = "wait for accept(): mean 1.5ms, p50 ≤ 1.31ms, p99 ≤ 1.31ms of 4 connections"
	text := strings.Join(Table(Head{Unheard: func(tally.View) []string { return nil }}, ta.View(),
		Size{80, 24}, false), "\n")
	if !strings.Contains(text, want) || strings.Contains(text, "trace.accept") {
		t.Error(text)
	}
	if line := Line(Head{Unheard: func(tally.View) []string { return nil }},
		ta.View()); !strings.Contains(line, want) {
		t.Error(line)
	}
}

// TestDeferredACKsAreNotRed: drops that no ListenDrops stands behind are no loss, and the table says what
// they are.
func TestDeferredACKsAreNotRed(t *testing.T) {
	ta := tally.New(time.Second)
	for i := range uint32(101) {
		ta.Add(probe.Sample{
			At: time.Duration(i) * 10 * time.Millisecond, Counters: map[string]uint64{"TcpExtListenDrops": 7,
				"TcpExtTCPDeferAcceptDrop": uint64(i)},
			Listeners: []probe.Listener{{Addr: "127.0.0.1:8000", Cookie: 1, Limit: 16, Drops: &i}},
		})
	}
	head := Head{Unheard: func(tally.View) []string { return nil }}
	text := strings.Join(Table(head, ta.View(), Size{80, 24}, true), "\n")
	if strings.Contains(text, string(red)) || strings.Contains(text, string(yellow)) ||
		!strings.Contains(text, "100 of the drops are no loss") {
		t.Errorf("%q", text)
	}
	if line := Line(head, ta.View()); !strings.Contains(line, "drops 100 +100/s (100 are bare ACKs") {
		t.Error(line)
	}
}
