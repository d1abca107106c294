package conformance

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/scenarios/lab/labtest"
)

// stallingServer names, in a child's environment, the server that the engine in it is to load.
const stallingServer = "WEIR_CONFORMANCE_SERVER"

const (
	impatience = 1200 * time.Millisecond // a timeout
	// which a stopped process outlasts; a SYN that was lost is sent again after 1 s
	stillness = 1700 * time.Millisecond
	stallHeld = 11 // requests that are in flight meanwhile
)

// stallPlan sends those, and is followed by ten while the process stands still.
var stallPlan = plan.Plan{Stages: []plan.Stage{
	{From: 200, To: 200, Duration: 50 * time.Millisecond},
	{From: 2.5, To: 2.5, Duration: 400 * time.Millisecond},
	{From: 20, To: 20, Duration: 500 * time.Millisecond},
}}

// ownStall stops the engine's process while its server answers, in time, and lets it go on when all timeouts
// have passed. What came in time is no timeout, and what ended meanwhile gives its place to what was due
// since.
func ownStall(t *testing.T, open Open) {
	stopped(t, func(address string) {
		target := loadgen.Target{URL: "http://" + address + "/", ConnectTimeout: impatience,
			Timeout: impatience, MaxInFlight: stallHeld}
		offer(t, open, target, stallPlan).check(t, 0, 200, loadgen.OK)
	}, func() (string, func(), func()) {
		answers := make(chan struct{})
		s := serve(t, "tcp", func(v *visit) {
			if v.head() {
				select {
				case <-answers:
					_, _ = io.WriteString(v, alive)
				case <-v.server.stopped:
				}
			}
		})
		ready := func() {
			for began := time.Now(); s.requests.Load() < stallHeld && time.Since(began) < impatience; {
				time.Sleep(time.Millisecond)
			}
		}
		return s.address, ready, func() { close(answers) }
	})
}

// stallConnecting is ownStall for the handshakes: a full queue, which dropped all SYNs, has room when they
// come again.
func stallConnecting(t *testing.T, open Open) {
	stopped(t, func(address string) {
		target := loadgen.Target{URL: "http://" + address + "/", ConnectTimeout: impatience,
			Timeout: patience}
		offer(t, open, target, few).check(t, 0, 200, loadgen.OK)
	}, func() (string, func(), func()) {
		l := fullQueue(t, "tcp", "127.0.0.1:0")
		return l.Addr().String(), func() { time.Sleep(300 * time.Millisecond) }, func() {
			setBacklog(t, l, 128)
			serveOn(t, l, answer(alive))
		}
	})
}

// stopped runs body in a child that it stops for a while. Serve starts what the child loads, on our side, and
// returns where that is, a function that waits until the child is to be stopped, and one to be called when it
// is.
func stopped(t *testing.T, body func(address string), serve func() (address string, ready, then func())) {
	t.Helper()
	if address := os.Getenv(stallingServer); address != "" {
		fmt.Println(offering)
		body(address)
		return
	}
	const tries = 5 // again, where the machine stood still too: too long before the child did, or after it
	for try := range tries {
		address, ready, then := serve()
		c := startChild(t, address)
		select {
		case <-c.offering:
		case <-time.After(patience): // it says why at its end
		}
		began := time.Now()
		ready()
		c.signal(t, syscall.SIGSTOP)
		time.Sleep(20 * time.Millisecond)
		then()
		timely := time.Since(began) < impatience*3/4
		time.Sleep(stillness)
		c.signal(t, syscall.SIGCONT)
		if err := c.cmd.Wait(); timely && (err == nil || try == tries-1) {
			labtest.CheckChild(t, c.out.Bytes(), err)
			return
		}
	}
	t.Skip("NOT TESTED: the machine stood still time and again")
}

// offering is what a child prints before its engine begins.
const offering = "the child offers its load"

// child is a running one. It takes what that prints.
type child struct {
	cmd      *exec.Cmd
	out      bytes.Buffer
	offering chan struct{} // closed when it does
	once     sync.Once
}

func (c *child) Write(p []byte) (int, error) {
	if c.out.Write(p); bytes.Contains(c.out.Bytes(), []byte(offering)) {
		c.once.Do(func() { close(c.offering) })
	}
	return len(p), nil
}

func startChild(t *testing.T, address string) *child {
	t.Helper()
	c := &child{cmd: labtest.Child(t), offering: make(chan struct{})}
	c.cmd.Env = append(c.cmd.Env, stallingServer+"="+address)
	c.cmd.Stdout, c.cmd.Stderr = c, c
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		t.Errorf("%v to the child: %v", s, err)
	}
}
