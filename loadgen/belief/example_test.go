package belief_test

import (
	"fmt"
	"time"

	"weir/loadgen/belief"
)

// A generator that sent late, on processors that others used too: what it saw is not the server's.
func ExampleCheck() {
	delay := 0.4
	for _, f := range belief.Check(belief.Facts{
		Due: 10_000, Sent: 10_000, Late: 80 * time.Millisecond, Bearable: 10 * time.Millisecond,
		LoopDelay: &delay,
	}) {
		fmt.Println(f.Code, f.Advice, f.Measured, f.Limit)
	}
	// Output: sent_late quiet_machine 0.08 0.01
}
