package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Hogs share one processor with what is started on their host, and with nothing else; they end with the lab.
func TestHogsShareAProcessor(t *testing.T) {
	if !inLab(t) {
		return
	}
	before := affinity(t, 0)
	l := newLab(t, HostSpec{Name: "client"}, HostSpec{Name: "backend", Hogs: 2})
	starved, free := self("sleep"), self("sleep")
	if err := errors.Join(l.Host("backend").Start(starved), l.Host("client").Start(free)); err != nil {
		t.Fatal(err)
	}
	if got := affinity(t, starved.Process.Pid); got.Count() != 1 {
		t.Errorf("beside hogs it may use %d processors", got.Count())
	}
	others := max(1, before.Count()-1)
	for what, pid := range map[string]int{"the other host's process": free.Process.Pid,
		"this process": os.Getpid(), "this thread": 0} {
		if got := affinity(t, pid); got.Count() != others {
			t.Errorf("%s may use %d processors of %d, want the others alone", what, got.Count(),
				before.Count())
		}
	}
	hogs := 0
	for _, p := range l.processes {
		if p.cmd.Path != "/bin/sh" {
			continue
		}
		hogs++
		if affinity(t, p.cmd.Process.Pid) != affinity(t, starved.Process.Pid) {
			t.Error("a hog has another processor")
		}
	}
	if hogs != 2 {
		t.Errorf("%d hogs, want 2", hogs)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	_, _ = starved.Wait(), free.Wait()
	for _, p := range l.processes {
		if !p.ended() {
			t.Errorf("%s goes on", p.cmd.Path)
		}
	}
}

func affinity(t *testing.T, pid int) (set unix.CPUSet) {
	t.Helper()
	if err := unix.SchedGetaffinity(pid, &set); err != nil {
		t.Fatal(err)
	}
	return set
}

// A busy process under a quota of a fifth gets no more, where a quota can be had at all; its group goes with
// the lab, and that of a lab which was killed goes when Enter comes back.
func TestQuota(t *testing.T) {
	if !inLab(t) {
		if left := quotasLeft(); len(left) > 0 {
			t.Errorf("Enter left %v", left)
		}
		return
	}
	l, err := New([]HostSpec{{Name: "client"}, {Name: "backend", CPUQuota: .2}})
	if errors.Is(err, ErrNoQuota) {
		t.Logf("NOT TESTED: %v", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	busy := exec.Command("/bin/sh", "-c", "while :; do :; done")
	if err := l.Host("backend").Start(busy); err != nil {
		t.Fatal(errors.Join(err, l.Close()))
	}
	dir := l.Host("backend").quota.dir
	if of, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", busy.Process.Pid)); !strings.Contains(string(of),
		filepath.Base(dir)) {
		t.Errorf("it is not in the group but in %s, %v", of, err)
	}
	const wall = time.Second
	time.Sleep(wall)
	left := dir + "-left"
	if err := errors.Join(os.Mkdir(left, 0o755), busy.Process.Kill()); err != nil {
		t.Error(err)
	}
	_ = busy.Wait()
	used := time.Duration(busy.ProcessState.SysUsage().(*syscall.Rusage).Utime.Nano())
	if used > wall*2/5 || used == 0 { // the period that was begun may be counted twice
		t.Errorf("it had %v of a processor in %v, the quota is a fifth", used, wall)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s stays: %v", dir, err)
	}
}

// quotasLeft are the groups that the test made as if its lab had been killed.
func quotasLeft() (left []string) {
	membership, _ := os.ReadFile("/proc/self/cgroup")
	for _, parent := range quotaParents(string(membership)) {
		found, _ := filepath.Glob(filepath.Join(parent, quotaPrefix+"*-left"))
		left = append(left, found...)
	}
	return left
}

func TestQuotaParents(t *testing.T) {
	got := quotaParents("9:name=systemd:/x\n4:cpuset:/\n3:cpu,cpuacct:/docker/abc\n0::/user.slice/s\nnonsense\n")
	want := []string{"/sys/fs/cgroup/cpu,cpuacct/docker/abc", "/sys/fs/cgroup/cpu/docker/abc",
		"/sys/fs/cgroup/user.slice/s", "/sys/fs/cgroup"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}
