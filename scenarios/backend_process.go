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

	"weir/report/runfile"
	"weir/scenarios/backend"
	"weir/scenarios/catalogue"
)

// embed makes the server the embedded backend: a process of its own in its host, so that it has its own
// namespace and its own scheduler, as a real server has.
func (b *labBuilder) embed(s *server, spec catalogue.Backend) {
	b.runs(s.host, "weir backend "+b.opt.Version)
	stamps := newStampFeed(s.host)
	b.Watchers = append(b.Watchers, stamps.watch)
	listen := s.address
	if s.network == "unix" {
		listen = "unix:" + s.address
	}
	args := []string{
		"backend", "--listen", listen, "--workers", fmt.Sprint(spec.Workers),
		"--service-time", spec.ServiceTime.String(), "--backlog", fmt.Sprint(spec.Backlog), "--body",
		fmt.Sprint(spec.Body),
		"--kill-after", spec.Timeout.String(), fmt.Sprintf("--seed=%d", b.opt.Seed),
	}
	if spec.Compute {
		args = append(args, "--compute")
	}
	if spec.Service != nil {
		args = append(args, "--service-time", spec.Service.String())
	}
	if spec.Kind != "" && spec.Kind != backend.Sync {
		args = append(args, "--kind", spec.Kind, "--threads", fmt.Sprint(spec.Threads), "--connections",
			fmt.Sprint(spec.WorkerConnections),
			"--keep-alive", spec.KeepAlive.String())
	}
	for path, d := range spec.Paths {
		args = append(args, "--endpoint", path+"="+d.String())
	}
	for _, e := range spec.Endpoints {
		args = append(args, "--endpoint", e.String())
	}
	if _, own := b.scenario.Sysctls[s.host]["net.core.somaxconn"]; own {
		args = append(args, "--clamp") // a scenario that sets it is about what it does
	}
	s.start = func(ctx context.Context) error {
		if s.network == "unix" {
			_ = os.Remove(s.address) // of one that was killed
		}
		cmd := exec.Command(b.opt.Program, args...)
		return b.startEmbedded(ctx, s, cmd, stamps)
	}
}

func (b *labBuilder) startEmbedded(ctx context.Context, s *server, cmd *exec.Cmd, stamps *stampFeed) error {
	cmd.Args[0] = "weir" // what ps shows, instead of a path below /proc
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // it ends when this closes: with us
		return fmt.Errorf("backend: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("backend: %w", err)
	}
	if err := b.lab.Host(s.host).Start(cmd); err != nil {
		return fmt.Errorf("start the embedded backend: %w", err)
	}
	out := bufio.NewReaderSize(stdout, 64<<10)
	ready := make(chan error, 1)
	s.launched(cmd.Process.Pid, func() error {
		ready <- awaitReady(out)
		_ = backend.ReadStamps(out, stamps.put) // ends with the process
		return cmd.Wait()
	}, func() string { return "" })
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
type stampFeed struct {
	host string
	c    chan backend.Stamp
}

func newStampFeed(host string) *stampFeed { return &stampFeed{host, make(chan backend.Stamp, 1024)} }

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
			rec.Write(&runfile.Service{
				Host: f.host, At: time.Unix(0, s.AtUnixNS).Sub(epoch),
				Count: s.Count, Sum: time.Duration(s.SumNS), SumSq: s.SumSqS2,
			})
		case <-ctx.Done():
			return
		}
	}
}
