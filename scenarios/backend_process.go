package scenarios

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"weir/scenarios/backend"
)

// startBackend runs the embedded backend as a process of its own in the backend host, so that it has
// its own namespace and its own scheduler, as a real server has.
func (b *labBuilder) startBackend(ctx context.Context) error {
	spec := b.scenario.Backend
	cmd := exec.Command(b.opt.Program, "backend",
		"--listen", b.address("backend", backendPort), "--workers", fmt.Sprint(spec.Workers),
		"--service-time", spec.ServiceTime.String(), "--backlog", fmt.Sprint(spec.Backlog))
	cmd.Args[0] = "weir" // what ps shows, instead of a path below /proc
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe() // it ends when this closes
	if err != nil {
		return fmt.Errorf("backend: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("backend: %w", err)
	}
	if err := b.lab.Host("backend").Start(cmd); err != nil {
		return fmt.Errorf("start the embedded backend: %w", err)
	}
	exited := make(chan error, 1)
	out := bufio.NewReaderSize(stdout, 64<<10)
	stamps := newStampFeed()
	ready := make(chan error, 1)
	go func() {
		ready <- awaitReady(out)
		_ = backend.ReadStamps(out, stamps.put) // ends with the process
		exited <- cmd.Wait()
	}()
	b.onClose(func() error {
		_ = stdin.Close()
		select {
		case <-exited:
		case <-time.After(2 * time.Second):
			_ = cmd.Process.Kill()
			<-exited
		}
		return nil
	})
	select {
	case err := <-ready:
		if err != nil {
			return fmt.Errorf("the embedded backend did not start: %w", err)
		}
	case <-time.After(5 * time.Second):
		return fmt.Errorf("the embedded backend was not ready within 5 s")
	case <-ctx.Done():
		return ctx.Err()
	}
	b.Environment["backend"] = "weir backend " + b.opt.Version
	b.Watchers = append(b.Watchers, stamps.watch)
	return nil
}

func awaitReady(r *bufio.Reader) error {
	line, err := r.ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	var hello struct{ Ready bool }
	if json.Unmarshal([]byte(line), &hello) != nil || !hello.Ready {
		return fmt.Errorf("it said %q", strings.TrimSpace(line))
	}
	return nil
}

// stampFeed hands the backend's stamps to the experiment while one runs and drops them before and after.
type stampFeed struct{ c chan backend.Stamp }

func newStampFeed() *stampFeed { return &stampFeed{c: make(chan backend.Stamp, 1024)} }

func (f *stampFeed) put(s backend.Stamp) {
	select {
	case f.c <- s:
	default: // nobody is watching: nothing to measure
	}
}

func (f *stampFeed) watch(ctx context.Context, epoch time.Time, rec Recorder) {
	for {
		select {
		case s := <-f.c:
			rec.Service(Service{
				Host: "backend", At: time.Unix(0, s.AtUnixNS).Sub(epoch),
				Count: s.Count, Sum: time.Duration(s.SumNS), SumSq: s.SumSqS2,
			})
		case <-ctx.Done():
			return
		}
	}
}
