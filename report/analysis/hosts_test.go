package analysis

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"weir/report/result"
	"weir/report/words"

	"weir/probe"
	"weir/report/world"
)

// looked puts two looks at the backend's host into a record: one before the load and one after it.
func looked(record []byte, before, after string) []byte {
	lines := bytes.SplitAfter(bytes.TrimSuffix(record, []byte("\n")), []byte("\n"))
	look := func(at, what string) []byte {
		return []byte(`{"kind":"host","host":"backend","at":` + at + `,` + what + "}\n")
	}
	lines = slices.Insert(lines, len(lines)-1, look("1000", after))
	lines = slices.Insert(lines, 1, look("1", before))
	return append(bytes.Join(lines, nil), '\n')
}

// short is a world that takes little time: two trials, one of them above capacity.
func short() world.World {
	w := world.Demo()
	w.Rates, w.Length = []float64{300, 600}, 500*ms
	return w
}

// TestAnotherListener: the namespace's overflows were those of a listener that nobody watched, and it is
// named.
func TestAnotherListener(t *testing.T) {
	w := short()
	w.Sample = func(s *probe.Sample) { s.Listeners[0].Drops = new(uint32) }
	record := looked(record(t, w),
		`"listeners":[{"addr":"10.77.0.3:8000","cookie":1,"depth":0,"limit":16,"drops":0},{"addr":"0.0.0.0:9000","cookie":2,"depth":0,"limit":1,"drops":5},{"addr":"[::]:22","cookie":3,"depth":0,"limit":1,"drops":3}]`,
		`"listeners":[{"addr":"10.77.0.3:8000","cookie":1,"depth":0,"limit":16,"drops":0},{"addr":"0.0.0.0:9000","cookie":2,"depth":0,"limit":1,"drops":105},{"addr":"[::]:22","cookie":3,"depth":0,"limit":1,"drops":3}]`)
	a := analyze(t, record)
	const want = "0.0.0.0:9000 dropped at least 100"
	if c := a.Lanes[0].Cause; c.Code != "another_listener" || !strings.Contains(c.Text.Text, want) ||
		!strings.Contains(evidence(c), ": "+want) {
		t.Errorf("%s: %s %q", c.Code, c.Text.Text, evidence(c))
	}
	h := a.Hosts[0]
	if len(a.Hosts) != 1 || h.Name != "backend" ||
		!slices.Equal(h.Others, []result.OtherListener{{Addr: "0.0.0.0:9000", Drops: 100}}) ||
		*h.OwnDrops != 0 || *h.OthersAtLeast != *h.Overflows || *h.Overflows == 0 {
		t.Errorf("%+v", h)
	}
}

// TestHostsOfARun: what changed meanwhile is a warning, and the highest levels are kept.
func TestHostsOfARun(t *testing.T) {
	w := short()
	n := uint64(0)
	w.Sample = func(s *probe.Sample) {
		if n++; s.At > 500*ms {
			s.Listeners[0].Cookie, s.Listeners[0].Drops = 9, new(uint32)
		}
		s.Gauges = map[string]uint64{"ports.used": min(n, 95), "ports.range": 100,
			"tcp.towards.time_wait": min(n, 7), "listen.syn_recv": 3 - min(n, 3)}
	}
	a := analyze(t, looked(record(t, w),
		`"sysctls":{"net.core.somaxconn":"128","net.ipv4.tcp_syncookies":"1"}`,
		`"sysctls":{"net.core.somaxconn":"4096","net.ipv4.tcp_syncookies":"1"}`))
	h := a.Hosts[0]
	if *h.PortsUsed != 95 || *h.TimeWait != 7 || *h.SYNQueue != 2 || h.SYNSent != nil ||
		!slices.Equal(h.SysctlChanges,
			[]result.SysctlChange{{Name: "net.core.somaxconn", Before: "128", After: "4096"}}) ||
		!slices.Equal(h.Restarts, []result.Restart{{Addr: world.Listener, Times: 1}}) {
		t.Errorf("%+v", h)
	}
	for _, code := range []string{"sysctl_changed", "listener_restarted", "ports_short"} {
		if !slices.ContainsFunc(a.Warnings,
			func(w result.Warning) bool { return w.Code == result.Code(code) }) {
			t.Errorf("no warning %s: %q", code, a.Warnings)
		}
	}
}

// TestNothingChanged: a run that is as it should be warns of nothing of the kind, nor does one that was
// killed before its second look.
func TestNothingChanged(t *testing.T) {
	w := short()
	for _, record := range [][]byte{record(t, w),
		looked(record(t, w), `"sysctls":{"net.core.somaxconn":"128"}`, `"sysctls":{}`)} {
		for _, x := range analyze(t, record).Warnings {
			if slices.Contains([]result.Code{"sysctl_changed", "listener_restarted", "ports_short"}, x.Code) {
				t.Errorf("%+v", x)
			}
		}
	}
}

// TestUnreadSources: what a source could not tell is a line of the report, one a source, however often it
// failed.
func TestUnreadSources(t *testing.T) {
	w := short()
	n := 0
	w.Sample = func(s *probe.Sample) {
		if n++; n == 1 {
			s.Errors = []probe.SourceError{{Source: "pressure", Text: "not supported (errno 95)", Lost: true}}
		}
		if s.At >= 200*ms && s.At < 300*ms {
			s.Errors = append(s.Errors, probe.SourceError{Source: "sockstat",
				Text: fmt.Sprintf("%v (errno 5)", s.At)})
		}
	}
	var got []string
	for _, x := range analyze(t, record(t, w)).Warnings {
		if x.Code == "source_failed" {
			got = append(got, words.Of(result.Finding(x)))
		}
	}
	want := []string{
		"Not known of backend: whether tasks of the host waited for a processor (pressure): not supported (errno 95)",
		"Not known of backend in 5 readings, first at 200 ms: sockets in TIME_WAIT (sockstat): 200ms (errno 5)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestDeferredACKs: drops that may all be bare ACKs, which TCP_DEFER_ACCEPT ignores, prove no overflow of the
// listener's own, however often its namespace overflows.
func TestDeferredACKs(t *testing.T) {
	w := short()
	acks := uint64(0)
	w.Sample = func(s *probe.Sample) {
		acks += 10
		drops := uint32(acks)
		s.Listeners[0].Drops, s.Listeners[0].Depth = &drops, min(s.Listeners[0].Depth, 3)
		s.Counters["TcpExtTCPDeferAcceptDrop"] = 40 + acks
	}
	c := analyze(t, record(t, w)).Lanes[0].Cause
	if c.Code != "undetermined" || !strings.Contains(c.Text.Text, "TCP_DEFER_ACCEPT") ||
		!strings.Contains(evidence(c), "TCPDeferAcceptDrop") {
		t.Errorf("%s: %s %q", c.Code, c.Text.Text, evidence(c))
	}
}
