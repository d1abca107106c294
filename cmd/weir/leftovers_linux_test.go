package main

import (
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// small has everything that a run makes: hosts, a backend that is swapped, a proxy where NGINX is installed.
const small = `name: small
claim: It leaves nothing behind.
lanes: [proxy]
backend: {workers: 2, service_time: 5ms, backlog: 16}
load: {rate: 50, trials: 1, trial_duration: 300ms, arrival: constant, connect_timeout: 900ms, timeout: 3s}
events: [{at: 100ms, do: swap, host: backend, backend: {workers: 3}}]
`

// Ten runs in a row, and one whose weir is killed, leave no process, mount, interface, file or cgroup;
// namespaces live by these. The cgroup of a CPU quota, where one can be had, is what a killed run does leave:
// the next run takes it away, whatever that runs.
func TestRunsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	dir, temp := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "small.yaml")
	text := small
	if _, err := os.Stat("/usr/sbin/nginx"); err != nil {
		text = strings.Replace(small, "[proxy]", "[direct]", 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	weir := shipped(t)
	start := func(more ...string) *exec.Cmd {
		cmd := exec.Command(weir, append([]string{"reproduce", file, "--quiet", "--out",
			filepath.Join(dir, "runs")}, more...)...)
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	links, mounts := interfaceNames(t), mountPoints(t)
	seen := map[process]bool{}
	for range 10 {
		cmd := start()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		before := len(seen)
		for running := true; running; {
			maps.Copy(seen, descendants(cmd.Process.Pid))
			select {
			case <-ended:
				running = false
			case <-time.After(50 * time.Millisecond):
			}
		}
		if code := cmd.ProcessState.ExitCode(); code != exitPass && code != exitInvalid &&
			code != exitInconclusive {
			t.Fatalf("exit status %d", code)
		}
		if n := len(seen) - before; n < inLab {
			t.Fatalf("only %d processes of the run were seen", n)
		}
	}
	endless := []string{"--set", "load.trial_duration=2m"} // it would not end by itself in time
	quota := hasQuota(start)
	if quota {
		endless = append(endless, "--set", "backend.cpu_quota=50%")
	} else {
		t.Log("NOT TESTED: no control group with a CPU quota can be had here")
	}
	killed := start(endless...)
	for deadline := time.Now().Add(30 * time.Second); len(descendants(killed.Process.Pid)) < inLab; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the lab of the run that is to be killed was not seen")
		}
	}
	maps.Copy(seen, descendants(killed.Process.Pid))
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	if quota {
		if len(awaitCgroups()) == 0 {
			t.Error("the killed run had no control group: nothing is tested by its absence")
		}
		_ = start().Wait()
	}

	left := func() (list []string) {
		for p := range processes() {
			if seen[p] {
				list = append(list, "process "+p.pid+" "+p.name)
			}
		}
		files, _ := os.ReadDir(temp)
		for _, f := range files {
			list = append(list, "file "+f.Name())
		}
		return append(list, emptyCgroups()...)
	}
	for deadline := time.Now().Add(20 * time.Second); len(left()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %s", strings.Join(left(), "; "))
		}
	}
	if now := interfaceNames(t); !slices.Equal(now, links) {
		t.Errorf("interfaces before %v, after %v", links, now)
	}
	if now := mountPoints(t); !slices.Equal(now, mounts) {
		t.Errorf("mounts before %v, after %v", mounts, now)
	}
}

// hasQuota reports whether a run under a CPU quota can be made here.
func hasQuota(start func(...string) *exec.Cmd) bool {
	cmd := start("--set", "backend.cpu_quota=50%")
	_ = cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	return code == exitPass || code == exitInvalid || code == exitInconclusive
}

// awaitCgroups waits until a killed run's group is empty.
func awaitCgroups() (list []string) {
	for range 200 {
		if list = emptyCgroups(); len(list) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return list
}

// inLab is how many processes a run has at least: PID 1, the program in the lab, a backend.
const inLab = 3

// process is one for all time: numbers are given again, not at the same tick.
type process struct{ pid, name, began string }

// processes are all that live, each with its parent's number. What has ended and only waits to be reaped does
// not.
func processes() map[process]string {
	all := map[process]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, s := range stats {
		text, err := os.ReadFile(s)
		if err != nil {
			continue
		}
		head, rest, _ := strings.Cut(string(text), ") ")
		pid, name, _ := strings.Cut(head, " (")
		if f := strings.Fields(rest); len(f) > 19 && f[0] != "Z" {
			// proc_pid_stat(5): ppid is the 4th field, starttime the 22nd
			all[process{pid, name, f[19]}] = f[1]
		}
	}
	return all
}

// descendants are the processes that pid has started, and these in turn.
func descendants(pid int) map[process]bool {
	all, found := processes(), map[process]bool{}
	for list := []string{strconv.Itoa(pid)}; len(list) > 0; list = list[1:] {
		for p, parent := range all {
			if parent == list[0] {
				found[p] = true
				list = append(list, p.pid)
			}
		}
	}
	return found
}

func interfaceNames(t *testing.T) (names []string) {
	t.Helper()
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		names = append(names, l.Name)
	}
	return names
}

func mountPoints(t *testing.T) (points []string) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 4 {
			points = append(points, f[4])
		}
	}
	return points
}

// emptyCgroups are weir's that nobody is in any more.
func emptyCgroups() (list []string) {
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || !strings.HasPrefix(d.Name(), "weir") {
			return nil
		}
		if members, err := os.ReadFile(filepath.Join(path, "cgroup.procs")); err == nil && len(members) == 0 {
			list = append(list, "cgroup "+path)
		}
		return nil
	})
	return list
}
