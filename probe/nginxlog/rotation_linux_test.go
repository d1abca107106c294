package nginxlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/scenarios/lab/labtest"
)

// TestRealRotation rotates a real NGINX's log in every way that is in use while requests come, and wants a
// line for each of them, once. Only copytruncate is done in a pause: what is written between the copy and the
// truncation is lost to everybody.
func TestRealRotation(t *testing.T) {
	dir := labtest.ShortDir(t)
	path := filepath.Join(dir, "access.log")
	labtest.RunNGINX(t, dir, `
  log_format weir escape=json '`+AccessFormat+`'; access_log DIR/access.log weir;
  server { listen unix:DIR/front.sock; return 204; }`)
	log := watch(t, path, ParseAccess)
	time.Sleep(50 * time.Millisecond) // it has opened the file
	r := &requests{t: t, client: clientOf(filepath.Join(dir, "front.sock"))}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reopen := func() { // by the master, and then by the workers, one by one
		text, err := os.ReadFile(filepath.Join(dir, "pid"))
		must(err)
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		must(err)
		must(syscall.Kill(pid, syscall.SIGUSR1))
	}
	for i := range 3 {
		r.during(log, func() { // requests go on
			must(os.Rename(path, fmt.Sprintf("%s.%d", path, i)))
			r.send(20)
			reopen()
			r.waitFor(path)
		})
		r.during(log, func() {
			must(os.Remove(path))
			r.send(20)
			reopen()
			r.waitFor(path)
		})
		r.send(30)
		r.check(log) // NGINX writes a line when the client has its answer
		text, err := os.ReadFile(path)
		must(errors.Join(err, os.WriteFile(fmt.Sprintf("%s-2026010%d", path, i), text, 0o600),
			os.Truncate(path, 0)))
		r.send(30)
		r.check(log)
	}
}

// requests are numbered by their X-Request-Id.
type requests struct {
	t      *testing.T
	client *http.Client
	sent   int
}

func clientOf(socket string) *http.Client {
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
}

func (r *requests) send(n int) {
	r.t.Helper()
	for range n {
		req, err := http.NewRequest(http.MethodGet, "http://weir/", nil)
		if err != nil {
			r.t.Fatal(err)
		}
		req.Header.Set("X-Request-Id", strconv.Itoa(r.sent))
		resp, err := r.client.Do(req)
		if err != nil {
			r.t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		r.sent++
	}
}

// during sends some requests before and after, and waits for all lines: a file that comes and goes between
// two looks is not seen.
func (r *requests) during(log *seen, do func()) {
	r.t.Helper()
	r.send(20)
	do()
	r.send(20)
	r.check(log)
}

// waitFor waits until the file is there again, sending requests.
func (r *requests) waitFor(path string) {
	r.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; r.send(1) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(end) {
			r.t.Fatal("NGINX did not reopen its log")
		}
	}
}

// check waits for the lines of all.
func (r *requests) check(log *seen) {
	r.t.Helper()
	var got []int
	for end := time.Now().Add(10 * time.Second); len(got) < r.sent &&
		time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		got = got[:0]
		log.mu.Lock()
		for _, line := range log.raw {
			request, ok := ParseRequest([]byte(line))
			n, err := strconv.Atoi(request.ID)
			if !ok || err != nil {
				r.t.Errorf("a line reads %q", line)
			}
			got = append(got, n)
		}
		log.mu.Unlock()
	}
	slices.Sort(got)
	for i, n := range got {
		if i != n {
			r.t.Fatalf("%d lines came of %d requests; request %d has none, or that before it two", len(got),
				r.sent, i)
		}
	}
	if len(got) != r.sent {
		r.t.Errorf("%d lines came of %d requests", len(got), r.sent)
	}
}
