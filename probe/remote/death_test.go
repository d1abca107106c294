//go:build unix

package remote

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStall(t *testing.T) {
	r := start(t, says(hello, one(1))+"; sleep 0.8;"+says(one(2))+"; sleep 0.2; "+says(one(3))+"; sleep 100")
	ctx, cancel := context.WithTimeout(t.Context(), 1100*time.Millisecond)
	defer cancel()
	c := collect(ctx, r, r.began)
	if !c.has(ProbeStalled, "no sample") || !c.has(ProbeResumed, "again") || c.has(ProbeEnded, "") {
		t.Errorf("warnings: %+v", c.warnings)
	}
	for _, s := range c.samples {
		if len(s.Counters) != 1 {
			t.Errorf("a sample was made up: %+v", s)
		}
	}
	began := time.Now()
	_ = r.Close()
	if took := time.Since(began); took > patience+5*time.Second {
		t.Errorf("it took %v to end what ignores its stdin", took)
	}
}

func TestDeath(t *testing.T) {
	r := start(t, says(hello, one(1))+"; sleep 0.3; printf '%s' '"+one(2)[:50]+
		"'; echo 'Connection to app-3 closed by remote host.' >&2; exit 255")
	c := collect(t.Context(), r, r.began)
	if !c.has(ProbeEnded, "exit status 255: Connection to app-3 closed by remote host.") ||
		!c.has(ProbeJunk, "torn") {
		t.Errorf("warnings: %+v", c.warnings)
	}
}

func TestInterruptedStart(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := Start(ctx, "sleep 100", "x"); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// TestParentDies: a reader that is killed closes nothing by itself, but the kernel closes its pipes.
func TestParentDies(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "REMOTE_TEST=parent", "COMMAND=exec env "+program(t, "serve"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, _ := bufio.NewReader(out).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatalf("the parent said %q", text)
	}
	if syscall.Kill(pid, 0) != nil {
		t.Fatal("the probe is not there")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for range 100 {
		if !alive(pid) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("the probe %d outlives its reader", pid)
}

// alive tells whether a process runs; one that nobody reaped does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	return !strings.Contains(string(stat), ") Z ")
}
