package scenarios

import (
	"bufio"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"weir/loadgen"
	"weir/report/runfile"
)

// Setup is an experiment that stands ready, with what its record has to say about it.
type Setup struct {
	Experiment
	Name        string
	Claim       string
	Environment map[string]string
	Capacity    runfile.Capacity
	Warnings    []runfile.Warning
	// how often each load is offered to each lane, in turn, as was asked; 0: once
	Pairs int
	// what was found and taken for granted, to be shown before the load; no part of the record
	Notes       []runfile.Warning
	closers     []func() error
	slots       int                       // places in the queue of the lanes' listener; 0: not known
	closesFirst map[string]loadgen.Closer // by lane: who closed the connection of the first request
}

// Close ends what the setup started, the last first.
func (s *Setup) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Setup) onClose(f func() error) { s.closers = append(s.closers, f) }

func (s *Setup) warn(code, lane string, args map[string]any) {
	s.Warnings = append(s.Warnings, runfile.Warning{Code: code, Lane: lane, Args: args})
}

func (s *Setup) note(code string, args map[string]any) {
	s.Notes = append(s.Notes, runfile.Warning{Code: code, Args: args})
}

// firstSYNRetransmit is when Linux sends an unanswered SYN again (RFC 6298 §2: initial RTO 1 s;
// TCP_TIMEOUT_INIT in include/net/tcp.h). A connect timeout below it makes one dropped SYN one failed
// request: loss mode.
const firstSYNRetransmit = time.Second

// Mode is the mode that a connect timeout puts a lane into.
func Mode(connectTimeout time.Duration) string {
	if connectTimeout < firstSYNRetransmit {
		return runfile.Loss
	}
	return runfile.Retrial
}

// What a lane does where nothing else is said.
const (
	DefaultConnectTimeout = 900 * time.Millisecond
	DefaultTimeout        = 10 * time.Second
)

// usefulWithin is the deadline after which an answer is late: under a second, so that an answer that
// needed a retransmitted SYN never counts as good.
const usefulWithin = 950 * time.Millisecond

// newLane makes a lane with the engine, by its name, that offers its load.
func newLane(name string, t loadgen.Target, engine string) (Lane, error) {
	t, err := t.Complete() // so that the record has what was left out
	if err != nil {
		return Lane{}, err
	}
	e, err := openEngine(engine, t)
	if err != nil {
		return Lane{}, err
	}
	return Lane{
		Name: name, Target: t, Engine: e, EngineName: e.Name(),
		Mode: Mode(t.ConnectTimeout), Deadline: usefulWithin,
	}, nil
}

// machine describes what everything runs on.
func machine() map[string]string {
	env := map[string]string{
		"os": runtime.GOOS, "arch": runtime.GOARCH, "go": runtime.Version(),
		"cpus": strconv.Itoa(runtime.NumCPU()),
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		env["kernel"] = "Linux " + strings.TrimSpace(string(b))
	}
	if model := cpuModel(); model != "" {
		env["cpu"] = model
	}
	return env
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
