package server

import (
	"net"
	"strconv"
	"testing"
	"time"

	"weir/probe"
)

// checkBacklog reads the listener's limit from the kernel.
func checkBacklog(t *testing.T, s *Server, want uint32) {
	t.Helper()
	_, text, err := net.SplitHostPort(s.Listen)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	p, err := probe.Open(probe.Config{Host: "here", Ports: []uint16{uint16(port)}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sample := p.Read(time.Now())
	if len(sample.Listeners) != 1 || sample.Listeners[0].Limit != want {
		t.Errorf("listeners %+v, want one with a backlog of %d", sample.Listeners, want)
	}
}
