package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is the command at the other end of the pipe, and all that it starts.
type process struct {
	command string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	stderr  tail
}

// patience is how long a command may take to end once its stdin is closed, before it is killed.
const patience = 2 * time.Second

// startProcess runs command by the shell. It gets a session of its own: so that an interrupt at our terminal
// does not end it before we have read its last word, so that all of it can be killed, and so that nothing in
// it can stop to ask the terminal for a password (it fails instead, and says so).
func startProcess(command string) (*process, error) {
	if strings.TrimSpace(command) == "" {
		return nil, errors.New("remote probe: the command is empty: give one that prints `weir probe --ndjson`")
	}
	p := &process{command: command, cmd: exec.Command("/bin/sh", "-c", command)}
	p.cmd.SysProcAttr = ownSession()
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = patience // for what holds stderr open after the command itself has ended
	var errs [3]error
	p.in, errs[0] = p.cmd.StdinPipe()
	p.out, errs[1] = p.cmd.StdoutPipe()
	if errors.Join(errs[:]...) == nil {
		errs[2] = p.cmd.Start()
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("remote probe: starting %s: %w", p.name(), err)
	}
	return p, nil
}

// name is the command as it is shown.
func (p *process) name() string { return "`" + clean(p.command, 100) + "`" }

// ended waits for the end of the command, whose stdout has been read to its own, and says how it was.
func (p *process) ended() string {
	timer := time.AfterFunc(patience, func() { killAll(p.cmd) }) // it closed its stdout and goes on
	defer timer.Stop()
	how := "exit status 0"
	if err := p.cmd.Wait(); err != nil {
		how = err.Error()
	}
	if last := p.stderr.last(); last != "" {
		how += ": " + last
	}
	return how
}

// stop closes the command's stdin, which ends a probe, and kills what does not end. done is closed when the
// command has ended.
func (p *process) stop(ctx context.Context, done <-chan struct{}) {
	_ = p.in.Close()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return
	case <-timer.C:
	case <-ctx.Done():
	}
	killAll(p.cmd)
	_ = p.out.Close() // someone who left the session may still hold the other end
	<-done
}

// tail keeps the last line that was written to it, bounded.
type tail struct {
	mu       sync.Mutex
	line     []byte // being written
	complete string // the last that was finished and not empty
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range b {
		switch {
		case c == '\n' || c == '\r':
			t.finish()
		case len(t.line) < maxText:
			t.line = append(t.line, c)
		}
	}
	return len(b), nil
}

func (t *tail) finish() {
	if text := strings.TrimSpace(string(t.line)); text != "" {
		t.complete = text
	}
	t.line = t.line[:0]
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finish()
	return clean(t.complete, maxText)
}
