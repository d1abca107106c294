package portable_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"weir/loadgen"
	"weir/loadgen/count"
	"weir/loadgen/plan"
	"weir/loadgen/portable"
)

// A plan, an engine and a count: 20 requests in 200 ms, each on a connection of its own.
func ExampleEngine() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	engine, err := portable.New(loadgen.Target{
		URL: server.URL, Requests: []loadgen.Request{{Weight: 3}, {Method: "POST"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	outcomes := map[loadgen.Outcome]uint64{}
	counter := count.New(time.Second)
	counter.Watch(func(r *count.Reading) {
		for _, bin := range r.Bins {
			for outcome, n := range bin.Due() {
				outcomes[outcome] += n
			}
		}
	})
	p := plan.Plan{Stages: []plan.Stage{{From: 100, To: 100, Duration: 200 * time.Millisecond}}}
	if err := engine.Run(context.Background(), time.Now(), 0, p, counter); err != nil {
		fmt.Println(err)
	}
	counter.Read()
	fmt.Println(outcomes)
	// Output: map[http_503:5 ok:15]
}
