package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cores are the server's and the generators': the first and the last that we may use.
func cores() (server, generator int, err error) {
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return 0, 0, err
	}
	server = -1
	for cpu := range len(may) * 64 {
		if !may.IsSet(cpu) {
			continue
		}
		if server < 0 {
			server = cpu
		}
		generator = cpu
	}
	return server, generator, nil
}

// startOn starts a command on one core: a child has the affinity of the thread that made it.
func startOn(core int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("pin to core %d: %w", core, err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	return cmd.Start()
}

// politely ends a command by SIGTERM, when its context ends, and by force a little later.
func politely(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
}

// ran is what a process did. Its CPU is from wait4(2), so that nothing of it is missed.
type ran struct {
	stdout    []byte
	cpu, wall time.Duration
}

// execute runs a generator on its core to its end.
func (b *bench) execute(ctx context.Context, limit time.Duration, path string, args, env []string) (ran, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	politely(cmd)
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := startOn(b.generator, cmd)
	if err == nil {
		err = cmd.Wait()
	}
	r := ran{stdout: stdout.Bytes(), wall: time.Since(began)}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return r, fmt.Errorf("%s did not end within %v", filepath.Base(path), limit)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w: %s", filepath.Base(path), err, lastLine(stderr.String()+stdout.String()))
	}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return r, nil
}

// child runs this program as one of its children.
func (b *bench) child(ctx context.Context, limit time.Duration, args ...string) (ran, error) {
	exe, err := os.Executable()
	if err != nil {
		return ran{}, err
	}
	return b.execute(ctx, limit, exe, args, nil)
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	line := lines[len(lines)-1]
	return line[:min(len(line), 200)]
}
