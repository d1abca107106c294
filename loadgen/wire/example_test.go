package wire_test

import (
	"fmt"
	"syscall"

	"weir/loadgen/wire"
)

// The same errno means another thing on another kind of socket.
func ExampleConnectOutcome() {
	for _, network := range []string{"tcp", "unix"} {
		fmt.Println(network, wire.ConnectOutcome(syscall.EAGAIN, network))
	}
	fmt.Println(wire.ConnectOutcome(syscall.ECONNREFUSED, "tcp"))
	// Output:
	// tcp no_local_port
	// unix queue_full
	// connect_refused
}
