//go:build unix

package remote

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/probe"
)

// start starts command and closes it with the test.
func start(t *testing.T, command string) *Remote {
	t.Helper()
	r, err := Start(t.Context(), command, "backend")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// collected is what Samples gave.
type collected struct {
	mu       sync.Mutex
	samples  []probe.Sample
	warnings []Warning
	clocks   []Estimate
}

func collect(ctx context.Context, r *Remote, epoch time.Time) *collected {
	c := &collected{}
	r.Samples(ctx, epoch, Sink{
		Sample: func(s probe.Sample) { c.mu.Lock(); defer c.mu.Unlock(); c.samples = append(c.samples, s) },
		Clock:  func(e Estimate) { c.clocks = append(c.clocks, e) },
		Warn:   func(w Warning) { c.warnings = append(c.warnings, w) },
	})
	return c
}

// has looks for a warning of that code with that text.
func (c *collected) has(code, text string) bool {
	for _, w := range c.warnings {
		if w.Code == code && strings.Contains(w.Text, text) {
			return true
		}
	}
	return false
}

const (
	hello  = `{"kind":"hello","schema":"weir.probe/3","version":"v","host":"h","clock":"2026-01-01T00:00:00Z","epoch":"2026-01-01T00:00:00Z","every":10000000,"listeners":[":1"],"pings":false}`
	sample = `{"kind":"sample","host":"h","at":1000000,"took":1000,"counters":{"TcpExtListenOverflows":%d}}`
)

// helloWith is a hello with more fields.
func helloWith(fields string) string { return strings.TrimSuffix(hello, "}") + "," + fields + "}" }

func many(n int, what string) string { return strings.Repeat(what+",", n-1) + what }

// says is a shell command that prints lines.
func says(lines ...string) string { return "printf '%s\\n' '" + strings.Join(lines, "' '") + "'" }

func one(n int) string { return fmt.Sprintf(sample, n) }

func TestSamplesOfAProbe(t *testing.T) {
	r := start(t, program(t, "serve"))
	if h := r.Hello(); h.Host != "there" || !h.Pings || h.Every != 10*time.Millisecond {
		t.Errorf("hello: %+v", h)
	}
	if err := r.Ends(); err != nil {
		t.Error(err)
	}
	if len(r.First().Counters) == 0 {
		t.Error("the first sample has no counter")
	}
	epoch := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	waits, err := r.ParentWaits(ctx)
	if again, err2 := r.ParentWaits(ctx); err != nil || err2 != nil || again < waits {
		t.Errorf("the parent waited %d times, then %d: %v, %v", waits, again, err, err2)
	}
	c := collect(ctx, r, epoch)
	if n := len(c.samples); n < 10 || n > 170 {
		t.Errorf("%d samples in 1.5 s at 100 Hz", n)
	}
	for i, s := range c.samples {
		if s.Host != "backend" || s.At < 0 || s.At > time.Since(epoch) || i > 0 && s.At < c.samples[i-1].At {
			t.Fatalf("sample %d: host %s, at %v", i, s.Host, s.At)
		}
	}
	if last := c.samples[len(c.samples)-1].At; last < 1500*time.Millisecond {
		t.Errorf("the last word is of %v, before the end", last)
	}
	if clock := r.Clock(epoch); clock.Method != "ping" || clock.Early > 100*time.Millisecond {
		t.Errorf("clock %+v: %v", clock, clock)
	}
	if len(c.warnings) != 0 {
		t.Errorf("warnings: %+v", c.warnings)
	}
	before, after := r.Hello().Snapshot, probe.Snapshot{}
	if s, ok := r.After(); ok {
		after = s
	}
	if changes := probe.SysctlChanges(before.Sysctls, after.Sysctls); len(changes) != 1 ||
		changes[0].Before != "1" || changes[0].After != "2" {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if d := probe.Droppers(*before, after); len(d) != 1 || d[0].Addr != "0.0.0.0:1" || d[0].Drops != 1 {
		t.Errorf("who dropped packets: %+v", d)
	}
	if n, text := r.Hello().Discovery.Offer(); n != 1 || !strings.Contains(text, "app worker") {
		t.Errorf("the workers: %d, %s", n, text)
	}
	first, last := c.clocks[0], c.clocks[len(c.clocks)-1]
	if len(c.clocks) < 2 || first.Ping == nil || last.At <= first.At || last.Method != "ping" ||
		last.RTT <= 0 {
		t.Errorf("the clock's estimates: %+v", c.clocks)
	}
	for _, e := range c.clocks {
		if e.Ping != nil && (e.Ping.Offset-e.Offset).Abs() > e.Ping.RTT/2+e.Late {
			t.Errorf("a ping that contradicts the others: %+v, %+v", e, e.Ping)
		}
	}
	_ = r.Close()
	if !strings.Contains(r.ended, "stdin was closed") {
		t.Errorf("it ended so: %s", r.ended)
	}
}

func TestShiftedClock(t *testing.T) {
	for _, shift := range []string{"0s", "1h", "72h"} {
		r := start(t, "SHIFT="+shift+" AHEAD=-5h "+program(t, "shifted"))
		epoch := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		c := collect(ctx, r, epoch)
		cancel()
		clock := r.Clock(epoch)
		if clock.Early < 10*time.Millisecond || clock.Late > time.Second {
			t.Errorf("%s: clock %+v, want at least half of the 20 ms round trip", shift, clock)
		}
		if d := clock.Ahead + 5*time.Hour; d.Abs() > clock.Late+100*time.Millisecond {
			t.Errorf("%s: the wall clock is %v ahead, want -5h", shift, clock.Ahead)
		}
		if len(c.samples) < 2 {
			t.Fatalf("%s: %d samples", shift, len(c.samples))
		}
		for _, s := range c.samples {
			truth := time.Unix(0, int64(s.Gauges["wall"])).Sub(epoch)
			const slip = 10 * time.Millisecond // between the two readings of the clock over there
			if d := s.At - truth; d < -clock.Late-slip || d > clock.Early+slip {
				t.Fatalf("%s: a sample of %v is said to be of %v, off by %v, more than %+v", shift, truth,
					s.At, d, clock)
			}
			if d := time.Duration(s.Gauges["slow.at_us"])*time.Microsecond - s.At; d.Abs() > 100*time.Millisecond {
				t.Fatalf("%s: slow sources are said to be read %v after the sample", shift, d)
			}
		}
		_ = r.Close()
	}
}

func TestGarbage(t *testing.T) {
	for command, want := range map[string]string{
		"yes garbage":                         "1000 lines were not weir.probe/3",
		"exit 7":                              "exit status 7",
		"echo Permission denied. >&2; exit 9": "exit status 9: Permission denied.",
		`printf '\033[31mred\n' >&2; exit 1`:  "exit status 1: ?[31mred",
		says(one(1)):                          "the first line is not hello",
		says(strings.Replace(hello, "/3", "/9", 1), one(1)): "weir.probe/9",
		says(hello, hello): "began anew",
		says(helloWith(`"snapshot":{"sysctls":{"a b":"1"}}`)):                            `"a b" is no sysctl`,
		says(helloWith(`"snapshot":{"listeners":[{"addr":""}]}`)):                        "without an address",
		says(helloWith(`"snapshot":{"listeners":[` + many(1025, `{"addr":"a"}`) + `]}`)): "1025 listeners",
		says(helloWith(`"discovery":{"servers":[` + many(257, `{"pid":1}`) + `]}`)):      "257 servers",
		says(helloWith(`"discovery":{"servers":[{"pid":-1}]}`)):                          "without an id",
		says(helloWith(`"discovery":{"servers":[{"pid":1,"workers":[{}]}]}`)):            "without an id",
		says(helloWith(`"discovery":{"servers":[{"pid":1,"program":"/bin/a b"}]}`)):      "no program's identity",
		says(helloWith(`"discovery":{"looked":-1}`)):                                     "-1 processes",
		says(helloWith(`"discovery":{"shoe":1}`)):                                        `unknown field "shoe"`,
		says(hello, strings.Replace(one(1), `"at"`, `"att"`,
			1)): `unknown field "att"`,
		says(hello, strings.Replace(one(1), `:1000000`, `:-1`,
			1)): "no time since an epoch",
		says(hello, one(1)[:40]):                                         "1 lines were not",
		"head -c 3000000 /dev/zero | tr '\\0' x":                         "1 lines were not",
		program(t, "serve") + " </dev/null & sleep 0.5; kill $!; exit 3": "ended at once: exit status 3",
		"": "is empty",
	} {
		_, err := Start(t.Context(), command, "x")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", command, err, want)
		} else if len(err.Error()) > 1500 || strings.ContainsAny(err.Error(), "\033\n") {
			t.Errorf("%.60s: an error that is not fit to be shown: %q", command, err)
		}
	}
}

func TestJunkBetweenSamples(t *testing.T) {
	r := start(t, says("Welcome to app-3!", hello, one(1), "{", one(2))+"; sleep 1; "+says(one(3))+
		"; head -c 1100000 /dev/zero | tr '\\0' x; echo;"+says(one(4))+"; sleep 1")
	epoch := r.began
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	c := collect(ctx, r, epoch)
	if n := len(c.samples); n == 0 || c.samples[n-1].Counters["TcpExtListenOverflows"] != 4 {
		t.Errorf("%d samples, want those behind the junk too", n)
	}
	if !c.has(ProbeJunk, "3 lines") || len(c.clocks) == 0 || c.clocks[0].Method != "arrival" {
		t.Errorf("warnings: %+v, clock %+v", c.warnings, c.clocks)
	}
}

// TestProbeThatHearsNothing: without stdin there are no pings, and what was not looked at is not known.
func TestProbeThatHearsNothing(t *testing.T) {
	r := start(t, says(helloWith(`"snapshot":{"sysctls":{"net.core.somaxconn":"128"}}`), one(1))+
		"; sleep 0.2; "+says(one(2))+"; sleep 100")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c := collect(ctx, r, r.began)
	h := r.Hello()
	if h.Snapshot == nil || h.Snapshot.Sysctls["net.core.somaxconn"] != "128" || h.Discovery != nil {
		t.Errorf("%+v", h)
	}
	if _, ok := r.After(); ok || !c.has(ProbeNoEnd, "not known") || len(c.samples) == 0 {
		t.Errorf("%d samples; warnings: %+v", len(c.samples), c.warnings)
	}
	if err := r.Ends(); err == nil || !strings.Contains(err.Error(), "docker exec -i") ||
		!strings.Contains(err.Error(), "may still run on h:") {
		t.Errorf("it hears no stdin, and that is not said: %v", err)
	}
	if _, err := r.ParentWaits(ctx); err == nil {
		t.Error("it answers no pings, but the parent's waits are known")
	}
}

// TestInputThatIsNone: a stdin that ends without a ping is no reader's, unless it is said to be.
func TestInputThatIsNone(t *testing.T) {
	for _, ends := range []bool{false, true} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		var out strings.Builder
		err := Serve(ctx, &steady{}, Hello{Every: 10 * time.Millisecond}, nil,
			Input{strings.NewReader("hello?\n"), ends}, &out)
		cancel()
		if want := map[bool]string{true: "stdin was closed",
			false: "the duration is over"}[ends]; err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("ends %v: %v\n%s", ends, err, out.String())
		}
	}
}

// TestDiscoveryIsBounded: what would not pass at the other end is cut, and nobody counts the rest.
func TestDiscoveryIsBounded(t *testing.T) {
	d := probe.Discovery{Servers: []probe.Server{{Process: probe.Process{Pid: 9, Threads: 1},
		Workers: make([]probe.Process, maxWorkers+1)}}}
	for i := range d.Servers[0].Workers {
		d.Servers[0].Workers[i] = probe.Process{Pid: 10 + i, Parent: 9, Threads: 1, Command: "\x1b]0;title",
			Backlog: &probe.Backlog{N: 5, By: "\x1b]0;x"}}
	}
	if n, _ := d.Offer(); n != maxWorkers+1 {
		t.Fatalf("%d workers are counted here", n)
	}
	var out strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Serve(ctx, &steady{}, Hello{Every: time.Second, Discovery: &d}, nil, Input{},
		&out); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	value, err := parse([]byte(first))
	if err != nil || len(first) > maxLine {
		t.Fatalf("%d bytes: %v", len(first), err)
	}
	got := value.(*Hello).Discovery
	n, text := got.Offer()
	if n != 0 || !strings.Contains(text, "cut short at 1024 workers") ||
		got.Servers[0].Workers[0].Command != "?]0;title" {
		t.Errorf("%d workers, %s; %q", n, text, got.Servers[0].Workers[0].Command)
	}
	if by := got.Servers[0].Workers[0].Backlog.By; by != "?]0;x" {
		t.Errorf("a backlog by %q", by)
	}
	hostile := probe.Discovery{Servers: []probe.Server{{Process: probe.Process{Pid: 9,
		Backlog: &probe.Backlog{N: 1 << 40}}}}}
	if err := checkDiscovery(&hostile); err == nil {
		t.Error("a backlog of 2^40 passes")
	}
	if len(d.Servers[0].Workers) != maxWorkers+1 {
		t.Error("the discovery of the caller was cut")
	}
}

// TestGroupOverThePipe: processes that have each a socket of an SO_REUSEPORT group are counted at the far end
// and here alike, also more of them than a server has listeners elsewhere, and none of them is taken for a
// parent of the others.
func TestGroupOverThePipe(t *testing.T) {
	const members = 40
	var d probe.Discovery
	for i := range members {
		inode := uint32(100 + i)
		d.Listeners = append(d.Listeners, probe.Listener{Addr: "0.0.0.0:80", Cookie: uint64(inode),
			Inode: inode})
		d.Servers = append(d.Servers, probe.Server{Inodes: []uint32{inode}, Process: probe.Process{
			Pid: os.Getpid(), Parent: 1, Name: "app", Command: "app --reuse-port", Threads: 1,
			Program: "9f2c"}})
	}
	here, _ := d.Offer()
	var out strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pings := Input{strings.NewReader(`{"kind":"ping","id":1}` + "\n"), true}
	w := &writer{out: &out}
	w.parent, w.hasParent = Hello{Discovery: &d}.parent()
	if w.answer(pings); w.hasParent || strings.Contains(out.String(), "waits") {
		t.Errorf("a member is taken for the others' parent: %s", out.String())
	}
	out.Reset()
	if err := Serve(ctx, &steady{}, Hello{Every: time.Second, Discovery: &d}, nil, Input{},
		&out); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	value, err := parse([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	there, text := value.(*Hello).Discovery.Offer()
	if here != members || there != members || !strings.Contains(text, "SO_REUSEPORT group at 0.0.0.0:80") {
		t.Errorf("%d members are counted there, %d here: %s", here, there, text)
	}
}
