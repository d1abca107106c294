package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/probe"
	"weir/probe/remote"
)

// fullQueue is a listener with room for three connections, and three in it that nobody accepts.
func fullQueue(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for range 3 {
		c, err := net.Dial(network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	return l
}

// TestProbeByPipe is the remote form with the program that users have, through a shell.
func TestProbeByPipe(t *testing.T) {
	weir := shipped(t)
	tcp, path := fullQueue(t, "tcp", "127.0.0.1:0").Addr().String(), filepath.Join(t.TempDir(), "app.sock")
	fullQueue(t, "unix", path)
	command := fmt.Sprintf("'%s' probe --ndjson '%s' '%s'", weir, tcp, path)
	r, err := remote.Start(t.Context(), command, "backend")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	h := r.Hello()
	if h.Snapshot == nil || h.Snapshot.Sysctls["net.core.somaxconn"] == "" ||
		!slices.Equal(h.Listeners, []string{tcp, path}) {
		t.Errorf("hello: %+v", h)
	}
	// both are held by this test
	if d := h.Discovery; d == nil || len(d.Servers) != 1 || d.Servers[0].Pid != os.Getpid() {
		t.Errorf("discovery: %+v", d)
	}
	epoch := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	var mu sync.Mutex
	var samples []probe.Sample
	r.Samples(ctx, epoch, remote.Sink{
		Sample: func(s probe.Sample) {
			mu.Lock()
			defer mu.Unlock()
			samples = append(samples, s)
		},
		Clock: func(remote.Estimate) {},
		Warn:  func(w remote.Warning) { t.Errorf("%s: %s", w.Code, w.Text) },
	})
	if after, ok := r.After(); !ok ||
		!slices.ContainsFunc(after.Listeners, func(l probe.Listener) bool { return l.Addr == tcp }) {
		t.Errorf("the last look: %v %+v", ok, after)
	}
	if len(samples) < 5 {
		t.Fatalf("%d samples in half a second", len(samples))
	}
	last := samples[len(samples)-1]
	if len(last.Listeners) != 2 || last.Listeners[0].Depth != 3 || last.Listeners[1].Depth != 3 ||
		last.Host != "backend" {
		t.Errorf("the last sample: %+v", last)
	}
	if clock := r.Clock(epoch); clock.Method != "ping" || clock.Early > 200*time.Millisecond {
		t.Errorf("clock: %+v", clock)
	}
}

// TestProbeForPrometheus scrapes the program that users have.
func TestProbeForPrometheus(t *testing.T) {
	addr := fullQueue(t, "tcp", "127.0.0.1:0").Addr().String()
	cmd := exec.Command(shipped(t), "probe", "--prometheus", ":0", addr)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	var url string
	for lines := bufio.NewScanner(stderr); url == "" && lines.Scan(); {
		_, url, _ = strings.Cut(lines.Text(), "metrics on ")
	}
	if !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("it serves at %q, not on loopback", url)
	}
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# TYPE weir_listen_overflows_total counter",
		fmt.Sprintf("weir_listener_accept_queue_length{listener=%q} 3\n", addr),
		fmt.Sprintf("weir_listener_accept_queue_peak{listener=%q} 3\n", addr),
		fmt.Sprintf("weir_listener_drops_total{listener=%q} 0\n", addr),
		fmt.Sprintf("weir_listener_sockets{listener=%q} 1\n", addr),
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// TestProbeSaysTheClamp: a server that asks for as much as there is may have got less than it wanted.
func TestProbeSaysTheClamp(t *testing.T) {
	weir := shipped(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // Go asks for somaxconn
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().String()
	once, err := exec.Command(weir, "probe", "--once", addr).Output()
	if want := "\nbacklog " + addr + " has "; err != nil || !strings.Contains(string(once), want) ||
		!strings.Contains(string(once), " = net.core.somaxconn") {
		t.Errorf("there is no %q, %v:\n%s", want, err, once)
	}
	all, err := exec.Command(weir, "probe", "--once").Output()
	for _, want := range []string{"\nbacklog " + addr + " has ",
		fmt.Sprintf("\nserver %s pid %d ", addr, os.Getpid())} {
		if err != nil || !strings.Contains(string(all), want) {
			t.Errorf("where no listener is named, there is no %q, %v:\n%s", want, err, all)
		}
	}
	live := exec.Command(weir, "probe", "--duration", "1m", addr)
	stderr, err := live.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Start(); err != nil {
		t.Fatal(err)
	}
	said := false
	for lines := bufio.NewScanner(stderr); !said && lines.Scan(); {
		said = strings.HasPrefix(lines.Text(), "weir: "+addr+" has ")
	}
	_ = live.Process.Kill()
	_ = live.Wait()
	if !said {
		t.Error("while it watches, it does not say it within a minute")
	}
}

func TestWatchedListeners(t *testing.T) {
	w := &watched{names: []string{":80", "10.0.0.1:81", "[::1]:82", "/run/a", "@b"}}
	for _, name := range w.names {
		if err := w.add(name); err != nil {
			t.Fatal(err)
		}
	}
	for addr, want := range map[string]bool{
		"0.0.0.0:80": true, "[fe80::1%eth0]:80": true, "10.0.0.1:81": true, "[::]:81": true,
		"10.0.0.2:81": false, "[::1]:82": true,
		"127.0.0.1:82": false, "/run/a": true, "@b": true,
	} {
		if got := w.shows(probe.Listener{Addr: addr}); got != want {
			t.Errorf("%s is shown: %v, want %v", addr, got, want)
		}
	}
	if got := w.unheard([]string{"0.0.0.0:80", "/run/a", "10.0.0.2:81"}); !slices.Equal(got,
		[]string{"10.0.0.1:81", "[::1]:82", "@b"}) {
		t.Errorf("nobody listens on %v", got)
	}
}
