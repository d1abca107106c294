package probe

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the tests hold the probe against: its own deltas, ss and nstat.

func wantDelta(t *testing.T, before, after Sample, name string, want uint64) {
	t.Helper()
	b, ok := before.Counters[name]
	a, ok2 := after.Counters[name]
	if !ok || !ok2 {
		t.Errorf("%s is absent", name)
	} else if a-b != want {
		t.Errorf("%s grew by %d, want %d", name, a-b, want)
	}
}

// agreesWithSS holds the listener against the line of ss that has the address: state, Recv-Q, Send-Q.
func agreesWithSS(t *testing.T, flags string, l Listener, addr string) {
	t.Helper()
	out, err := exec.Command("ss", flags).Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Log("NOT COMPARED with ss: it is not installed (package iproute2)")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if i := indexOf(f, addr); i >= 3 {
			if f[i-2] != fmt.Sprint(l.Depth) || f[i-1] != fmt.Sprint(l.Limit) {
				t.Errorf("ss says %q, the probe %+v", strings.TrimSpace(line), l)
			}
			return
		}
	}
	t.Errorf("ss does not know %s:\n%s", addr, out)
}

func indexOf(fields []string, s string) int {
	for i, f := range fields {
		if f == s {
			return i
		}
	}
	return -1
}

// agreesWithNstat compares all counters in a private namespace. Clients that go on retransmitting may move
// one meanwhile: what two readings around nstat's disagree on is tried again.
func agreesWithNstat(t *testing.T, p *Probe) {
	t.Helper()
	for try := 1; ; try++ {
		before := p.Read(time.Now())
		out, err := exec.Command("nstat", "-asz").Output()
		if errors.Is(err, exec.ErrNotFound) {
			t.Log("NOT COMPARED with nstat: it is not installed (package iproute2)")
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		after := p.Read(time.Now())
		compared, moved := compareWithNstat(t, string(out), before, after)
		if moved > 0 && try < 5 {
			continue
		}
		if want := len(after.Counters) - 1; compared+moved != want { // nstat has no stat.cpu.steal
			t.Errorf("nstat knows %d of our %d counters", compared, want)
		}
		return
	}
}

func compareWithNstat(t *testing.T, text string, before, after Sample) (compared, moved int) {
	t.Helper()
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		ours, ok := after.Counters[f[0]]
		switch {
		case !ok:
		case before.Counters[f[0]] != ours:
			moved++
		default:
			compared++
			if f[1] != strconv.FormatUint(ours, 10) {
				t.Errorf("%s: nstat says %s, the probe %d", f[0], f[1], ours)
			}
		}
	}
	return compared, moved
}
