package epoll

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/loadgen/plan"
	"weir/loadgen/portable"
	"weir/loadgen/self"
)

// serverOf names, in the environment, that this process is there to be a benchmark's server.
const serverOf = "WEIR_BENCHMARK_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverOf) != "" {
		serveUntilEOF()
		return
	}
	os.Exit(m.Run())
}

// serveUntilEOF prints its address and serves until standard input ends.
func serveUntilEOF() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	server := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) { c.SetBodyString("ok") }}
	go func() { _ = server.Serve(l) }()
	_, _ = io.WriteString(os.Stdout, l.Addr().String()+"\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// startServer runs a server in a process of its own, so that what is measured is the engine's alone.
func startServer(b *testing.B) (address string) {
	binary, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), serverOf+"=1")
	in, _ := cmd.StdinPipe()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// BenchmarkEngine carries 4,000 req/s, which it can, beside package portable on the same server, and
// reports what that costs: cpu-µs/req is the engine's process alone. ns/op only repeats the rate.
func BenchmarkEngine(b *testing.B) {
	address := startServer(b)
	for _, connections := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		target := loadgen.Target{URL: "http://" + address + "/", Connections: connections,
			Timeout: 5 * time.Second}
		b.Run(string(connections)+"/epoll", func(b *testing.B) { benchmark(b, open(b, target)) })
		b.Run(string(connections)+"/portable", func(b *testing.B) {
			e, err := portable.New(target)
			if err != nil {
				b.Fatal(err)
			}
			benchmark(b, e)
		})
	}
}

func benchmark(b *testing.B, e loadgen.Engine) {
	const rate = 4000
	p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate,
		Duration: time.Duration(b.N) * time.Second / rate}}, Arrival: plan.Poisson, Seed: 1}
	r := &conformance.Results{All: make([]loadgen.Result, 0, b.N+b.N/4+100)}
	b.ReportAllocs()
	b.ResetTimer()
	stop := self.Measure()
	if err := e.Run(b.Context(), time.Now(), 0, p, r); err != nil {
		b.Fatal(err)
	}
	usage := stop()
	b.StopTimer()
	lags := lagsOf(r)
	for _, res := range r.All {
		if res.Outcome != loadgen.OK {
			b.Fatalf("request %d: %s %v", res.Seq, res.Outcome, res.Errno)
		}
	}
	if len(lags) == 0 {
		return // a plan of one Poisson request may have none
	}
	b.ReportMetric(float64(usage.CPU.Nanoseconds())/1000/float64(len(lags)), "cpu-µs/req")
	b.ReportMetric(float64(lags[len(lags)/2].Microseconds()), "p50-lag-µs")
	b.ReportMetric(float64(lags[len(lags)*99/100].Microseconds()), "p99-lag-µs")
}

// BenchmarkPeak offers more than can be carried for a second and reports how much was: the rate of one
// loop, on one core.
func BenchmarkPeak(b *testing.B) {
	address := startServer(b)
	for _, connections := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		b.Run(string(connections), func(b *testing.B) {
			target := loadgen.Target{URL: "http://" + address + "/", Connections: connections,
				Timeout: 5 * time.Second, MaxInFlight: 100}
			e := with(open(b, target), 1)
			for b.Loop() {
				r := &conformance.Results{All: make([]loadgen.Result, 0, 200_000)}
				stop := self.Measure()
				if err := e.Run(b.Context(), time.Now(), 0, level(200_000, time.Second), r); err != nil {
					b.Fatal(err)
				}
				usage, served := stop(), 0
				for _, res := range r.All {
					if res.Outcome == loadgen.OK {
						served++
					}
				}
				b.ReportMetric(float64(served)/usage.Wall.Seconds(), "req/s")
				b.ReportMetric(float64(usage.CPU.Nanoseconds())/1000/float64(served), "cpu-µs/req")
			}
		})
	}
}

// lagsOf returns how late requests were sent, in order.
func lagsOf(r *conformance.Results) []time.Duration {
	var lags []time.Duration
	for _, res := range r.All {
		if res.Sent > 0 {
			lags = append(lags, res.Sent-res.Due)
		}
	}
	slices.Sort(lags)
	return lags
}
