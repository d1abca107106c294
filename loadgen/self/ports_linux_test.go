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
	for reserved, want := range map[string]int{
		"": 28232, "\n": 28232, "8080,61000-65535\n": 28232, "32768,60999\n": 28230,
		"30000-32768,40000-40009,60999-65535\n": 28220,
		"1-65535":                               0, "40000-": 28232, "x,40000": 28231,
	} {
		if n, ok := freePorts([]byte("32768\t60999\n"), []byte(reserved)); n != want || !ok {
			t.Errorf("the default range without %q has %d ports, %v, want %d", reserved, n, ok, want)
		}
	}
	for _, text := range []string{"", "1", "5 4", "1 70000", "a b"} {
		if _, ok := freePorts([]byte(text), nil); ok {
			t.Errorf("%q was taken", text)
		}
	}
	if held := PortHeld(net.IPv4(192, 0, 2, 1)); held != time.Second && held != time.Minute {
		t.Errorf("a port is held for %v", held)
	}
}
