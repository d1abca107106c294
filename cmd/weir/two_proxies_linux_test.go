package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

// Two proxies in one lab, each before backends of its own. One is killed in the middle, which is the
// scenario's doing; its lane fails from then on, and the other's does not notice.
const twoProxies = `name: two-proxies
lanes: [{name: a, to: front}, {name: b, to: side}]
backend: {workers: 8, service_time: 5ms, backlog: 64}
backends: {one: {}, two: {}, three: {}}
proxies: {front: {upstreams: [one]}, side: {upstreams: [three, two]}}
load: {rate: 50, trials: 1, trial_duration: 800ms, arrival: constant, connect_timeout: 500ms, timeout: 2s}
events: [{at: 300ms, do: DEED, host: front}]
`

func TestTwoProxiesInALab(t *testing.T) {
	t.Parallel()
	labtest.NGINX(t)
	weir := shipped(t)
	a := reproduce(t, weir, strings.Replace(twoProxies, "DEED", "kill", 1))
	if len(a.Lanes) != 2 {
		t.Fatalf("%d lanes", len(a.Lanes))
	}
	killed, other := a.Lanes[0], a.Lanes[1]
	if ok := killed.Outcomes["ok"]; ok == 0 || ok > 30 || killed.Outcomes["connect_refused"] == 0 {
		t.Errorf("the proxy that was killed after 0.3 s of 0.8 answered %v of %d", killed.Outcomes,
			killed.Offered)
	}
	if other.Outcomes["ok"] < other.Offered*9/10 || other.ListenerHost != "three" {
		t.Errorf("beside it %v of %d, judged by the queue of %s", other.Outcomes, other.Offered,
			other.ListenerHost)
	}
	said := map[string]string{}
	for _, w := range a.Warnings {
		said[string(w.Code)] += w.Text
	}
	if text := said["one_queue_of_several"]; !strings.Contains(text,
		"b: NGINX on side has 2 upstream servers") || strings.Contains(text, "front") {
		t.Errorf("of the lane with two upstream servers it says %q", text)
	}
	if text := said["server_ended"]; text != "" {
		t.Errorf("what the scenario ended is said to have ended by itself: %s", text)
	}
}

// An NGINX that ends by itself is a warning of the run, which goes on.
func TestNGINXThatCrashesIsNoticed(t *testing.T) {
	t.Parallel()
	labtest.NGINX(t)
	dir := t.TempDir()
	file, text := filepath.Join(dir, "crash.yaml"), strings.Replace(small, "trial_duration: 300ms",
		"trial_duration: 3s", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shipped(t), "reproduce", file, "--out", filepath.Join(dir, "runs"))
	told, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all := make(chan string, 1)
	go func() {
		var said strings.Builder
		crashed := false
		for buf := make([]byte, 4096); ; {
			n, err := told.Read(buf)
			said.Write(buf[:n])
			if !crashed && strings.Contains(said.String(), "without drains") {
				time.Sleep(time.Second) // into the trial
				crashed = crash(cmd.Process.Pid)
			}
			if err != nil {
				break
			}
		}
		all <- said.String()
	}()
	said := <-all
	_ = cmd.Wait() // its status is no matter here
	for _, w := range readReport(t, filepath.Join(dir, "runs")).Warnings {
		if strings.Contains(w.Text, "NGINX on proxy ended by itself: signal: killed") {
			return
		}
	}
	t.Errorf("NGINX was killed and no warning says so; stderr: %s", said)
}

// crash kills the NGINX master of a run, as the kernel does when memory is short.
func crash(weir int) bool {
	all, ours := processes(), descendants(weir)
	name := map[string]string{}
	for p := range all {
		name[p.pid] = p.name
	}
	for p := range ours {
		if pid, err := strconv.Atoi(p.pid); err == nil && p.name == "nginx" && name[all[p]] != "nginx" {
			return syscall.Kill(pid, syscall.SIGKILL) == nil
		}
	}
	return false
}

// A proxy that is restarted in the middle of the load serves again, after it was killed too, and its logs are
// followed on.
func TestProxyIsRestarted(t *testing.T) {
	t.Parallel()
	labtest.NGINX(t)
	text := strings.Replace(twoProxies, "[{at: 300ms, do: DEED, host: front}]",
		"[{at: 200ms, do: restart, host: front}, {at: 500ms, do: kill, host: front}, {at: 700ms, do: restart, host: front}]", 1)
	a := reproduce(t, shipped(t), strings.Replace(text, "trial_duration: 800ms", "trial_duration: 1500ms", 1))
	for _, w := range a.Warnings {
		if w.Code == "server_ended" || w.Code == "restart" {
			t.Errorf("warning: %s", w.Text)
		}
	}
	front := a.Lanes[0]
	if refused := front.Outcomes["connect_refused"]; refused == 0 || front.Outcomes["ok"] < front.Offered/2 {
		t.Errorf("the proxy that was away for a while answered %v of %d", front.Outcomes, front.Offered)
	}
	last := front.Trials[0].Start + front.Trials[0].Duration
	for i, at := range front.Timeline.AtS {
		if at > last-.3 && front.Timeline.Offered[i] > 0 && front.Timeline.Goodput[i] > 0 {
			return
		}
	}
	t.Error("nothing was answered at the end of the load")
}
