package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSupportedHere(t *testing.T) {
	if err := Supported(); err != nil {
		t.Fatalf("these tests need a lab: %v", err)
	}
}

func TestNewOutsideIsRefused(t *testing.T) {
	if _, err := New([]HostSpec{{Name: "a"}}); err == nil || !strings.Contains(err.Error(), "Enter") {
		t.Errorf("got %v", err)
	}
}

// The variable alone, as every process in a lab inherits it, must not make a process the program proper.
func TestInsideNeedsMoreThanTheVariable(t *testing.T) {
	t.Setenv(marker, roleProgram+":net:[1]")
	if Inside() {
		t.Error("a child of the test runner is inside")
	}
}

func TestExitCodes(t *testing.T) {
	for name, who := range users() {
		for role, want := range map[string]int{"exit7": 7, "suicide": 128 + int(syscall.SIGKILL)} {
			cmd := command(t, who, role)
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("%s as %s: exit code %d, want %d: %s", role, name, got, want, out)
			}
		}
	}
}

// writeFile proves whose the files are that the inside writes: argument 1 is the path.
func writeFile() int {
	data, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = os.WriteFile(os.Args[1], data, 0o644)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func TestFilesAndStreamsAreTheUsers(t *testing.T) {
	for name, who := range users() {
		dir, err := os.MkdirTemp("", "lab-write-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		uid := os.Getuid()
		if who != nil {
			uid = int(who.Uid)
			if err := os.Chown(dir, uid, int(who.Gid)); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, "out")
		cmd := command(t, who, "write", path)
		cmd.Stdin = strings.NewReader("hello")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("as %s: %v: %s", name, err, out)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := os.ReadFile(path)
		if got := int(info.Sys().(*syscall.Stat_t).Uid); got != uid || string(data) != "hello" {
			t.Errorf("as %s: %q of uid %d, want %d", name, data, got, uid)
		}
	}
}

// countSignals says when it is ready, then what it got until nothing more came for a while.
func countSignals() int {
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	fmt.Println("ready")
	for s := range c {
		fmt.Println(s)
		for {
			select {
			case s := <-c:
				fmt.Println(s)
			case <-time.After(500 * time.Millisecond):
				return 130
			}
		}
	}
	return 1
}

func TestSignalsPassThroughOnce(t *testing.T) {
	send := map[string]func(pid int, s syscall.Signal) error{
		"to the process": syscall.Kill,
		// What a terminal does on Ctrl-C.
		"to the process group": func(pid int, s syscall.Signal) error { return syscall.Kill(-pid, s) },
	}
	for how, kill := range send {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(fmt.Sprint(sig, " ", how), func(t *testing.T) {
				t.Parallel()
				cmd := command(t, nil, "signals")
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewReader(out)
				if line, err := lines.ReadString('\n'); line != "ready\n" {
					t.Fatalf("%q, %v", line, err)
				}
				if err := kill(cmd.Process.Pid, sig); err != nil {
					t.Fatal(err)
				}
				rest, _ := io.ReadAll(lines)
				_ = cmd.Wait()
				if want := sig.String() + "\n"; string(rest) != want || cmd.ProcessState.ExitCode() != 130 {
					t.Errorf("inside got %q, want %q; exit code %d", rest, want, cmd.ProcessState.ExitCode())
				}
			})
		}
	}
}

func TestEndOfContextEndsTheInside(t *testing.T) {
	t.Setenv(roleVar, "signals")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	var got bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			fmt.Fprintln(&got, lines.Text())
			if lines.Text() == "ready" {
				cancel()
			}
		}
	}()
	code, err := Enter(ctx, os.Args[:1], nil, w, os.Stderr)
	w.Close()
	<-read
	if err != nil || code != 130 || got.String() != "ready\nterminated\n" {
		t.Errorf("exit code %d, %v; inside got %q", code, err, got.String())
	}
}

// orphans starts a daemon whose child is left to PID 1, and waits until that child is gone altogether.
func orphans() int {
	out, err := self("daemon").Output()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	pid := strings.TrimSpace(string(out))
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat("/proc/" + pid); errors.Is(err, os.ErrNotExist) {
			return 0
		}
	}
	status, _ := os.ReadFile("/proc/" + pid + "/status")
	fmt.Printf("orphan %s was not reaped:\n%s", pid, status)
	return 1
}

func TestOrphansAreReaped(t *testing.T) {
	for name, who := range users() {
		if out, err := command(t, who, "orphans").CombinedOutput(); err != nil {
			t.Errorf("as %s: %v: %s", name, err, out)
		}
	}
}

// fullLab makes a lab with a process in each host, a server on a port and a file, says what it is made
// of, and stays until it is killed.
func fullLab() int {
	l, err := New([]HostSpec{{Name: "client"}, {Name: "proxy"}, {Name: "backend"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	namespaces := map[string]bool{}
	for _, kind := range []string{"net", "pid", "mnt", "user"} {
		link, _ := os.Readlink("/proc/self/ns/" + kind)
		namespaces[link] = true
	}
	for _, h := range l.hosts {
		link, _ := os.Readlink(h.NetNS())
		namespaces[link] = true
		if err := h.Start(self("sleep")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if err := os.WriteFile(filepath.Join(l.Dir(), "file"), make([]byte, 1<<20), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = json.NewEncoder(os.Stdout).Encode(struct {
		Namespaces []string
		Dir        string
	}{slices.Collect(maps.Keys(namespaces)), l.Dir()})
	time.Sleep(time.Minute)
	return 0
}

// usersOf counts how often a process is in one of the namespaces. What has ended and only waits to be
// reaped is in none; who reaps it is not ours to say.
func usersOf(t *testing.T, namespaces []string) int {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range processes {
		if status, err := os.ReadFile(p + "/status"); err != nil ||
			strings.HasPrefix(statusField(string(status), "State"), "Z") {
			continue
		}
		for _, kind := range []string{"net", "pid", "mnt", "user"} {
			if target, err := os.Readlink(p + "/ns/" + kind); err == nil &&
				slices.Contains(namespaces, target) {
				n++
			}
		}
	}
	return n
}

func interfaces(t *testing.T) []string {
	t.Helper()
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range links {
		names = append(names, l.Name)
	}
	return names
}

func TestKillLeavesNothing(t *testing.T) {
	own := make([]string, 0, 4)
	for _, kind := range []string{"net", "pid", "mnt"} {
		link, _ := os.Readlink("/proc/self/ns/" + kind)
		own = append(own, link)
	}
	for name, who := range users() {
		t.Run("as "+name, func(t *testing.T) {
			temp, err := os.MkdirTemp("", "lab-kill-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(temp)
			if err := os.Chmod(temp, 0o777); err != nil {
				t.Fatal(err)
			}
			before := interfaces(t)
			cmd := command(t, who, "full")
			cmd.Env = append(cmd.Env, "TMPDIR="+temp)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var made struct {
				Namespaces []string
				Dir        string
			}
			if err := json.NewDecoder(out).Decode(&made); err != nil {
				t.Fatal(err)
			}
			for _, link := range own {
				if slices.Contains(made.Namespaces, link) {
					t.Fatalf("the lab is in the machine's %s", link)
				}
			}
			// Root does without a user namespace of its own where there can be none.
			user, _ := os.Readlink("/proc/self/ns/user")
			made.Namespaces = slices.DeleteFunc(made.Namespaces,
				func(link string) bool { return link == user })
			if len(made.Namespaces) < 5 { // three net, one each of pid and mnt
				t.Errorf("namespaces: %v", made.Namespaces)
			}
			// PID 1, the program and three in hosts, three kinds each
			if n := usersOf(t, made.Namespaces); n < 5*3 {
				t.Fatalf("only %d memberships are seen in the lab", n)
			}
			hidden, err := os.ReadDir(made.Dir)
			if err == nil && len(hidden) != 0 {
				t.Errorf("the machine sees %v in the lab's %s", hidden, made.Dir)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			for deadline := time.Now().Add(5 * time.Second); usersOf(t,
				made.Namespaces) > 0; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%d memberships live on in %v", usersOf(t, made.Namespaces), made.Namespaces)
				}
			}
			if left, _ := os.ReadDir(temp); len(left) != 0 {
				t.Errorf("files are left: %v", left)
			}
			if after := interfaces(t); !slices.Equal(before, after) {
				t.Errorf("interfaces before %v, after %v", before, after)
			}
		})
	}
}

func TestTenEntriesInARow(t *testing.T) {
	before := interfaces(t)
	for range 10 {
		cmd := command(t, nil, "exit7")
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 7 {
			t.Fatalf("exit code %d: %s", cmd.ProcessState.ExitCode(), out)
		}
	}
	if after := interfaces(t); !slices.Equal(before, after) {
		t.Errorf("interfaces before %v, after %v", before, after)
	}
}
