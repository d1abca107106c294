package table

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"weir/probe"
	"weir/probe/tally"
)

// TestLevels: what may run short beside the queue is in one line of a terminal, and what is not known is not
// in it.
func TestLevels(t *testing.T) {
	head := Head{Unheard: func(tally.View) []string { return nil }}
	shown := func(gauges map[string]uint64) string {
		ta := tally.New(time.Second)
		ta.Add(probe.Sample{Gauges: gauges})
		return strings.Join(Table(head, ta.View(), Size{80, 24}, false), "\n")
	}
	all := map[string]uint64{
		"listen.syn_recv": 3, "tcp.towards.syn_sent": 2, "sockstat.TCP.tw": 1204, "ports.used": 120,
		"ports.range": 28232, "psi.cpu.some.avg10": 1234,
	}
	const want = "SYN queue 3 · SYN_SENT 2 · TIME_WAIT 1,204 · ports 120/28232 · PSI cpu 12.3%\n"
	if text := shown(all); !strings.Contains(text, "\n"+want) {
		t.Errorf("there is no %q in\n%s", want, text)
	}
	delete(all, "ports.range")
	delete(all, "listen.syn_recv")
	if text := shown(all); !strings.Contains(text, "\nSYN_SENT 2 · TIME_WAIT 1,204 · PSI cpu 12.3%\n") {
		t.Error(text)
	}
	if text := shown(nil); strings.ContainsAny(text, "%") || strings.Contains(text, "TIME_WAIT") {
		t.Error(text)
	}
}

// TestAnotherListener: overflows that the watched listener did not cause are said to be another's.
func TestAnotherListener(t *testing.T) {
	ta := tally.New(time.Second)
	for i := range uint32(41) {
		drops := i / 10
		ta.Add(probe.Sample{
			At:        time.Duration(i) * 10 * time.Millisecond,
			Counters:  map[string]uint64{"TcpExtListenOverflows": 7 + uint64(i)},
			Listeners: []probe.Listener{{Addr: "127.0.0.1:8000", Cookie: 1, Limit: 16, Drops: &drops}},
		})
	}
	head := Head{Unheard: func(tally.View) []string { return nil }}
	const want = "another listener's: at least 36 of 40 overflows since start"
	if text := strings.Join(Table(head, ta.View(), Size{80, 24}, false), "\n"); !strings.Contains(text, "\n"+
		want) {
		t.Errorf("there is no %q in\n%s", want, text)
	}
	if line := Line(head, ta.View()); !strings.Contains(line, " · "+want+" · ") {
		t.Error(line)
	}
}

// TestClamps: why a queue is shorter than asked for is below it, in lines that fit.
func TestClamps(t *testing.T) {
	ta := tally.New(time.Second)
	ta.Add(probe.Sample{Listeners: []probe.Listener{{Addr: "127.0.0.1:8000", Cookie: 1, Limit: 128},
		{Addr: "/run/a.sock", Cookie: 2, Limit: 5}}})
	head := Head{
		Unheard: func(tally.View) []string { return nil },
		Clamp: func(addr string, limit uint32) string {
			if limit != 128 {
				return ""
			}
			return "asked 2048 (--backlog), has 128 = net.core.somaxconn: \x1b[2J" +
				strings.Repeat("word ", 20)
		},
	}
	lines := Table(head, ta.View(), Size{80, 24}, false)
	if text := strings.Join(lines, "\n"); !strings.Contains(text,
		"\n127.0.0.1:8000 asked 2048 (--backlog), has 128 = net.core.somaxconn: ?[2Jword") ||
		strings.Count(text, "asked") != 1 {
		t.Error(text)
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > 80 || strings.HasSuffix(l, "…") {
			t.Errorf("%q is cut", l)
		}
	}
}
