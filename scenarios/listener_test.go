package scenarios

import (
	"net/netip"
	"testing"

	"weir/probe"
)

func TestListenerForIsTheKernelsChoice(t *testing.T) {
	for _, c := range []struct {
		to    string
		found []string
		want  string
	}{
		{"127.0.0.1", []string{"10.0.0.1:8000", "127.0.0.1:8000"}, "127.0.0.1:8000"},
		{"127.0.0.1", []string{"0.0.0.0:8000", "127.0.0.1:8000"}, "127.0.0.1:8000"},
		{"127.0.0.1", []string{"10.0.0.1:8000", "[::]:8000"}, "[::]:8000"},
		{"127.0.0.1", []string{"[::]:8000", "0.0.0.0:8000"}, "0.0.0.0:8000"},
		{"::1", []string{"0.0.0.0:8000", "[::]:8000"}, "[::]:8000"},
		{"::1", []string{"[::]:8000", "[::1]:8000"}, "[::1]:8000"},
		{"::ffff:127.0.0.1", []string{"10.0.0.1:8000", "127.0.0.1:8000"}, "127.0.0.1:8000"},
		// of another namespace, behind an address of this one
		{"127.0.0.1", []string{"10.0.0.1:8000"}, "10.0.0.1:8000"},
		{"", []string{"10.0.0.1:8000", "127.0.0.1:8000"}, "10.0.0.1:8000"},
		{"", []string{"/run/app.sock"}, "/run/app.sock"},
	} {
		to, _ := netip.ParseAddr(c.to)
		var found []probe.Listener
		for _, addr := range c.found {
			found = append(found, probe.Listener{Addr: addr})
		}
		if got := listenerFor(to, found); got.Addr != c.want {
			t.Errorf("connections to %q of %q: %s, want %s", c.to, c.found, got.Addr, c.want)
		}
	}
}
