package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"weir/probe"
)

// TestMain lets the test binary be the other end of the pipe: REMOTE_TEST says which one.
func TestMain(m *testing.M) {
	switch os.Getenv("REMOTE_TEST") {
	case "":
		os.Exit(m.Run())
	case "serve":
		serveForTest()
	case "shifted":
		shifted()
	case "parent":
		parent()
	}
}

// program is a shell command that runs this binary as what.
func program(t *testing.T, what string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "REMOTE_TEST=" + what + " '" + exe + "'"
}

// serveForTest is a real probe, or where there is none a made-up one.
func serveForTest() {
	var p Reader
	if real, err := probe.Open(probe.Config{Host: "there"}); err == nil {
		p = real
	} else {
		p = &steady{}
	}
	looks := uint32(0)
	look := func() probe.Snapshot {
		looks++
		return probe.Snapshot{Sysctls: map[string]string{"net.core.somaxconn": strconv.Itoa(int(looks))},
			Listeners: []probe.Listener{{Addr: "0.0.0.0:1", Cookie: 7, Drops: &looks}}}
	}
	// The workers' parent is this process, whose waits can be read.
	hello := Hello{Version: "test", Host: "there", Every: 10 * time.Millisecond,
		Discovery: &probe.Discovery{Servers: []probe.Server{{
			Process: probe.Process{Pid: os.Getpid(), Parent: 1, Name: "app", Threads: 1},
			Workers: []probe.Process{{Pid: 1 << 20, Parent: os.Getpid(), Name: "app", Command: "app worker",
				Threads: 1}},
		}}}}
	if err := Serve(context.Background(), p, hello, look, Input{Reader: os.Stdin}, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// steady is a probe that counts its readings.
type steady struct{ n uint64 }

func (p *steady) Last(epoch time.Time) probe.Sample { return p.Read(epoch) }

func (p *steady) Read(epoch time.Time) probe.Sample {
	p.n++
	return probe.Sample{Host: "there", At: time.Since(epoch), Counters: map[string]uint64{"n": p.n}}
}

func (p *steady) Run(ctx context.Context, epoch time.Time, every time.Duration, sink func(probe.Sample)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			sink(p.Read(epoch))
		}
	}
}

// shifted is a probe whose epoch was SHIFT ago and whose wall clock is AHEAD; its answers take 20 ms to come
// back, so that the way is asymmetric. Each sample says in a gauge what our wall clock showed.
func shifted() {
	shift, _ := time.ParseDuration(os.Getenv("SHIFT"))
	ahead, _ := time.ParseDuration(os.Getenv("AHEAD"))
	began := time.Now()
	now := func() time.Duration { return time.Since(began) + shift }
	print := func(kind string, body any) {
		text, _ := line(kind, body)
		_, _ = os.Stdout.Write(text)
	}
	print("hello", Hello{Schema: Schema, Epoch: began.Add(ahead - shift), Clock: time.Now().Add(ahead),
		Every: 10 * time.Millisecond, Pings: true})
	go func() {
		for {
			print("sample", probe.Sample{At: now(),
				Gauges: map[string]uint64{"wall": uint64(time.Now().UnixNano()),
					"slow.at_us": uint64(now().Microseconds())}})
			time.Sleep(10 * time.Millisecond)
		}
	}()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var p struct{ ID uint64 }
		_ = json.Unmarshal(in.Bytes(), &p)
		received := now()
		go func() {
			sent := now()
			time.Sleep(20 * time.Millisecond)
			print("pong", pong{ID: p.ID, Received: received, Sent: sent})
		}()
	}
}

// parent starts a probe of its own and says which process it is; it is killed by the test.
func parent() {
	r, err := Start(context.Background(), os.Getenv("COMMAND"), "x")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(strconv.Itoa(r.proc.cmd.Process.Pid))
	time.Sleep(time.Hour)
}
