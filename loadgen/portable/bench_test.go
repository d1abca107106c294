package portable

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"weir/loadgen"
	"weir/loadgen/conformance"
	"weir/loadgen/plan"
	"weir/loadgen/self"
)

// BenchmarkEngine carries 4,000 req/s, which it can, and reports what that costs: cpu-µs/req is for the
// engine and the server beside it in one process. ns/op only repeats the rate.
func BenchmarkEngine(b *testing.B) {
	for _, connections := range []loadgen.Connections{loadgen.New, loadgen.Reuse} {
		b.Run(string(connections), func(b *testing.B) { benchmark(b, connections) })
	}
}

func benchmark(b *testing.B, connections loadgen.Connections) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) { c.SetBodyString("ok") }}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	e, err := New(loadgen.Target{URL: "http://" + l.Addr().String() + "/", Connections: connections,
		Timeout: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	const rate = 4000
	p := plan.Plan{Stages: []plan.Stage{{From: rate, To: rate,
		Duration: time.Duration(b.N) * time.Second / rate}}}
	r := &conformance.Results{All: make([]loadgen.Result, 0, b.N+1)}
	b.ReportAllocs()
	b.ResetTimer()
	stop := self.Measure()
	if err := e.Run(b.Context(), time.Now(), 0, p, r); err != nil {
		b.Fatal(err)
	}
	usage := stop()
	b.StopTimer()
	var lags []time.Duration
	for _, res := range r.All {
		if res.Outcome != loadgen.OK {
			b.Fatalf("request %d: %s %v", res.Seq, res.Outcome, res.Errno)
		}
		lags = append(lags, res.Sent-res.Due)
	}
	slices.Sort(lags)
	b.ReportMetric(float64(usage.CPU.Microseconds())/float64(len(lags)), "cpu-µs/req")
	b.ReportMetric(float64(lags[len(lags)*99/100].Microseconds()), "p99-lag-µs")
	l.Close()
	<-served
}
