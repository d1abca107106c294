package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// marker is the environment variable that tells a started process which of the lab's it is: role, ":",
// and the identity of the network namespace outside.
const marker = "_WEIR_LAB"

const (
	roleInit    = "init"    // PID 1
	roleProgram = "program" // the program proper
)

// killAfter bounds how long the inside may take to end once ctx has ended: it keeps its record first.
const killAfter = 30 * time.Second

// Inside reports whether this is the program proper in a lab: the one that may call New. The
// variable alone does not prove it, since whatever the program starts inherits it.
func Inside() bool {
	return os.Getppid() == 1 && hasRole(roleProgram)
}

// isInit reports whether this is PID 1 of a lab.
func isInit() bool { return os.Getpid() == 1 && hasRole(roleInit) }

func hasRole(role string) bool {
	r, outside, _ := strings.Cut(os.Getenv(marker), ":")
	own, err := os.Readlink("/proc/thread-self/ns/net")
	return r == role && err == nil && own != outside
}

// Enter runs this program again inside a new lab, with args as its os.Args, and returns its exit code; a
// program that a signal ended has 128 + the signal. Where the lab cannot be made, the error names what
// forbids it, as Supported does.
//
// SIGINT, SIGTERM and SIGHUP are forwarded, each once. When ctx ends and none of them came, the inside gets
// SIGTERM; 30 s later it is killed. If this process is killed, the lab dies with it; a control group that it
// had for a CPU quota is then left, empty, until Enter is called again.
//
// HostUser leaves the user namespace out, which takes root: what looks into the kernel itself (eBPF) is
// allowed only there.
//
// A program calls Enter wherever it is not Inside: it is called once more by PID 1 of the lab.
func Enter(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer,
	options ...Option) (exitCode int, err error) {
	if len(args) == 0 {
		return 0, errors.New("lab: Enter needs the program's arguments, its name first, as in os.Args")
	}
	if isInit() {
		return initMain(ctx, args)
	}
	if Inside() {
		return 0, errors.New("lab: Enter is called inside a lab: ask Inside first")
	}
	attr, err := usable(attempts(slices.Contains(options, HostUser)))
	if err != nil {
		return 0, err
	}
	outside, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return 0, fmt.Errorf("lab: own network namespace: %w; is /proc mounted?", err)
	}
	sweepQuotas()
	defer sweepQuotas()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = args
	cmd.Env = append(os.Environ(), marker+"="+roleInit+":"+outside)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.WaitDelay = time.Second // a reader that never ends must not hold us when the lab has ended
	cmd.SysProcAttr = attr

	// Pdeathsig follows the thread that forks, not the process (prctl(2)), so this one must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	forward := listen(ctx)
	defer forward.stop()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("lab: start inside it: %w", err)
	}
	go forward.to(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		if _, ended := errors.AsType[*exec.ExitError](err); !ended {
			return 0, fmt.Errorf("lab: wait for the inside: %w", err)
		}
	}
	return code(cmd.ProcessState.Sys().(syscall.WaitStatus)), nil
}

// code is what a shell makes of a wait status.
func code(s syscall.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}

// forwarder hands signals and the end of a context to a process.
type forwarder struct {
	ctx     context.Context
	signals chan os.Signal
	done    chan struct{}
}

// listen begins to keep signals; none is lost between here and the start of their receiver.
func listen(ctx context.Context) *forwarder {
	f := &forwarder{ctx: ctx, signals: make(chan os.Signal, 8), done: make(chan struct{})}
	signal.Notify(f.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	return f
}

func (f *forwarder) stop() {
	signal.Stop(f.signals)
	close(f.done)
}

func (f *forwarder) to(pid int) {
	ended := f.ctx.Done()
	var kill <-chan time.Time
	told := false
	send := func(s os.Signal) {
		told = true
		_ = syscall.Kill(pid, s.(syscall.Signal)) // it may just have ended, which is what is wanted
	}
	for {
		select {
		case s := <-f.signals:
			send(s)
		case <-ended:
			ended = nil
			kill = time.After(killAfter)
			// The same signal may have ended ctx and be on its way to us: one is enough.
			select {
			case s := <-f.signals:
				send(s)
			case <-time.After(200 * time.Millisecond):
				if !told {
					send(syscall.SIGTERM)
				}
			case <-f.done:
				return
			}
		case <-kill:
			send(syscall.SIGKILL)
		case <-f.done:
			return
		}
	}
}
