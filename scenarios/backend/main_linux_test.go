package backend

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestEndDoesNotWaitForWork(t *testing.T) {
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err != nil { // Go's poller makes its own on first use
		t.Fatal(err)
	} else {
		ln.Close()
	}
	before := descriptors(t)
	s, stop := start(t, Config{Workers: 3, Backlog: 8, ServiceTime: time.Hour}, io.Discard)
	for _, text := range []string{get, "", "GET"} { // at work, silent, in the middle
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, text)
	}
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	stop()
	if took := time.Since(began); took > time.Second {
		t.Errorf("the end took %v", took)
	}
	if after := descriptors(t) - 3; after > before { // the three clients
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if link, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(link, "socket:") ||
			strings.Contains(link, "event") {
			n++
		}
	}
	return n
}

func TestMainSpeaksAndEndsWithItsStdin(t *testing.T) {
	stdin, parent := io.Pipe()
	out, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() {
		args := []string{"--listen", "127.0.0.1:0", "--workers", "2", "--service-time", "1ms", "--backlog",
			"4"}
		done <- Main(context.Background(), args, stdin, stdout, io.Discard)
		stdout.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	var hello ready
	if err := errors.Join(err, json.Unmarshal(line, &hello)); err != nil || !hello.Ready {
		t.Fatalf("first line %q: %v", line, err)
	}
	if _, err := ask("tcp", hello.Address, get); err != nil {
		t.Fatal(err)
	}
	parent.Close()
	count := uint64(0)
	if err := ReadStamps(lines, func(s Stamp) { count += s.Count }); err != nil || count != 1 {
		t.Errorf("%d stamps, %v", count, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMainRefusesBadFlags(t *testing.T) {
	for _, args := range [][]string{{"--workers", "0"}, {"--listen", "nowhere"}, {"--nonsense"}, {"word"},
		{"--listen", "udp:1:2"}} {
		if err := Main(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
