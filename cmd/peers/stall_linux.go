package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"weir/loadgen/pace"
	"weir/loadgen/self"
	"weir/report/runfile"
)

// stallChild takes connections and requests, and never answers, until its standard input ends. It resets
// what the client has given up: a queue that is never emptied keeps the client's ports, and in two seconds
// connect(2) spends all its time on looking for a free one.
func stallChild() error {
	if _, err := self.RaiseFileLimit(); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c)
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}()
		}
	}()
	fmt.Printf("http://%s/\n", l.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// stalled starts such a server on the server's core.
func (b *bench) stalled() (url string, stop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(exe, "stall-child")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := startOn(b.serverCore, cmd); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the stalled server: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

// lags are how late requests left, or a pacer woke.
type lags struct {
	P50      time.Duration `json:"p50"`
	P99      time.Duration `json:"p99"`
	Max      time.Duration `json:"max"`
	InFlight uint64        `json:"in_flight,omitempty"`
	Cost     float64       `json:"cost,omitempty"` // CPU, µs a request: from 100 on, a core is full at 10,000/s
}

// paceChild follows a schedule and does nothing at its times: how late this machine alone makes a process.
func paceChild(ctx context.Context, arg string) error {
	o, err := decode(arg)
	if err != nil {
		return err
	}
	h := runfile.NewHistogram()
	epoch := time.Now()
	err = pace.Run(ctx, epoch, 50*time.Millisecond, o.plan().Due(), func(_ int, due time.Duration) {
		_ = h.RecordValue(int64(time.Since(epoch) - due)) // what is over an hour is of no interest
	})
	if err != nil {
		return err
	}
	f := figures{lag: h}
	return json.NewEncoder(os.Stdout).Encode(f.lags())
}

func (f figures) lags() lags {
	return lags{P50: f.lagAt(50), P99: f.lagAt(99), Max: f.lagAt(100), InFlight: f.inFlight}
}
