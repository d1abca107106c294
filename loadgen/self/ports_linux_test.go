package self

import (
	"net"
	"testing"
	"time"
)

func TestLocalPorts(t *testing.T) {
	if n, ok := LocalPorts(); !ok || n < 1 || n > 65536 {
		t.Errorf("this machine has %d local ports, %v", n, ok)
	}
	if n, ok := portRange([]byte("32768\t60999\n")); n != 28232 || !ok {
		t.Errorf("the default range has %d ports, %v", n, ok)
	}
	for _, text := range []string{"", "1", "5 4", "1 70000", "a b"} {
		if _, ok := portRange([]byte(text)); ok {
			t.Errorf("%q was taken", text)
		}
	}
	if held := PortHeld(net.IPv4(192, 0, 2, 1)); held != time.Second && held != time.Minute {
		t.Errorf("a port is held for %v", held)
	}
}
