//go:build !linux

package self

import (
	"net"
	"time"
)

// LocalPorts is Linux only.
func LocalPorts() (n int, known bool) { return 0, false }

// PortHeld is the minute that most systems keep a connection in TIME_WAIT.
func PortHeld(net.IP) time.Duration { return time.Minute }
