package scenarios

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weir/scenarios/catalogue"
	"weir/scenarios/lab/labtest"
)

// Two clients of 40 KB/s take half a second for each answer of 20 KB, ask again, and leave when they have to.
func TestSlowReaders(t *testing.T) {
	const body = 20_000
	var asked, others atomic.Int64
	l := labtest.Serve(t, "tcp", func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		switch {
		case err != nil: // it left as it came
			return
		case r.URL.Path != "/export":
			others.Add(1)
			return
		}
		asked.Add(1)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"+strings.Repeat("x", body))
	})
	b := labBuilder{servers: map[string]*server{"backend": {network: "tcp", address: l.Addr().String()}}}
	began := time.Now()
	const last = 1200 * time.Millisecond
	if err := b.readSlowly(context.Background(), catalogue.Event{Host: "backend", Path: "/export", Clients: 2,
		BytesPerSecond: 2 * body, For: last}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < last || took > last+2*time.Second {
		t.Errorf("they read for %v, were to for %v", took, last)
	}
	if n := asked.Load(); n < 2 || n > 2*3 || others.Load() > 0 { // 3 of half a second begin in 1.2 s
		t.Errorf("2 clients asked %d times, and %d times for something else", n, others.Load())
	}
}
