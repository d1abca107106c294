package probe

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the tests hold the probe against: its own deltas, ss and nstat.

// missing tells whether a program could not be started because it is not there. In continuous integration,
// which installs it (.ci/deps), that is a failure: nothing may be left uncompared unseen.
func missing(t *testing.T, err error, name string) bool {
	t.Helper()
	if !errors.Is(err, exec.ErrNotFound) {
		return false
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed (package iproute2)", name)
	}
	t.Logf("NOT COMPARED with %s: it is not installed (package iproute2)", name)
	return true
}

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
	if missing(t, err, "ss") {
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
		if missing(t, err, "nstat") {
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

// synQueueAgreesWithSS holds the number of unfinished handshakes against the lines of ss.
func synQueueAgreesWithSS(t *testing.T, port uint16, want int) {
	t.Helper()
	out, err := exec.Command("ss", "-tnH", "state", "syn-recv", "sport", "=",
		fmt.Sprintf(":%d", port)).Output()
	if missing(t, err, "ss") {
		return
	}
	if got := strings.Count(string(out), "\n"); err != nil || got != want {
		t.Errorf("ss sees %d in the SYN queue, the probe %d (%v)\n%s", got, want, err, out)
	}
}

// groupAgreesWithSS holds the members of an SO_REUSEPORT group against the lines of ss that have their
// address.
func groupAgreesWithSS(t *testing.T, group []Listener) {
	t.Helper()
	out, err := exec.Command("ss", "-ltnH").Output()
	if missing(t, err, "ss") {
		return
	}
	var theirs, ours []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 3 && f[3] == group[0].Addr {
			theirs = append(theirs, f[1]+" "+f[2])
		}
	}
	for _, l := range group {
		ours = append(ours, fmt.Sprint(l.Depth, l.Limit))
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	if err != nil || !slices.Equal(theirs, ours) {
		t.Errorf("ss says %q, the probe %q (%v)", theirs, ours, err)
	}
}
