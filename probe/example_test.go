package probe_test

import (
	"fmt"
	"time"

	"weir/probe"
)

// Two listeners of one network namespace, which has one counter of overflows. Whose they were, their own
// drops say.
func ExampleAccount() {
	sample := func(at time.Duration, overflows uint64, app, other uint32) probe.Sample {
		return probe.Sample{
			Host: "backend", At: at, Counters: map[string]uint64{probe.ListenOverflows: overflows},
			Listeners: []probe.Listener{
				{Addr: "127.0.0.1:8000", Cookie: 1, Depth: 17, Limit: 16, Drops: &app},
				{Addr: "127.0.0.1:9000", Cookie: 2, Limit: 128, Drops: &other},
			},
		}
	}
	var account probe.Account
	account.Add(sample(0, 100, 40, 60))
	before := account.State("127.0.0.1:8000")
	account.Add(sample(time.Second, 130, 45, 85))
	now := account.State("127.0.0.1:8000")
	b := now.Since(before)
	fmt.Println("the queue is full:", now.Full())
	fmt.Printf("%d overflows in the namespace, %d of them its own, %d another listener's\n",
		*b.Namespace, *b.Overflows, *b.Others)
	// Output:
	// the queue is full: true
	// 30 overflows in the namespace, 5 of them its own, 25 another listener's
}
