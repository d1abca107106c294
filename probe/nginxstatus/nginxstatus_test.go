package nginxstatus

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const answer = "Active connections: 291 \nserver accepts handled requests\n 16630948 16630940 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n"

func TestParse(t *testing.T) {
	got, err := parse([]byte(answer))
	want := Status{Active: 291, Accepts: 16630948, Handled: 16630940, Requests: 31070465, Reading: 6,
		Writing: 179, Waiting: 106}
	if err != nil || *got != want {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"", "<html>", strings.Replace(answer, "291", "-1", 1),
		strings.Replace(answer, "291", "99999999999999999999", 1), answer + "1",
		strings.Replace(answer, "Waiting", "Wading", 1)} {
		if v, err := parse([]byte(bad)); err == nil {
			t.Errorf("%q is %v", bad, v)
		}
	}
}

func TestPolls(t *testing.T) {
	reply := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/status", "/":
			io.WriteString(w, answer)
		case "/elsewhere":
			http.Redirect(w, r, "/status", http.StatusFound)
		case "/endless":
			io.WriteString(w, strings.Repeat("x", 1<<20))
		default:
			http.Error(w, "no", http.StatusForbidden)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(reply))
	defer server.Close()
	socket := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	local := &httptest.Server{Listener: ln, Config: &http.Server{Handler: http.HandlerFunc(reply)}}
	local.Start()
	defer local.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for address, complaint := range map[string]string{
		server.URL + "/status":    "",
		"unix:" + socket:          "",
		server.URL + "/elsewhere": "status 302",
		server.URL + "/forbidden": "status 403",
		server.URL + "/endless":   "not stub_status",
		gone.URL:                  "refused",
	} {
		p, err := New("proxy", address)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Read(t.Context(), time.Now().Add(-time.Second))
		switch {
		case s.Host != "proxy" || s.At < time.Second || s.Took <= 0:
			t.Errorf("%s: %+v", address, s)
		case complaint == "" && (s.Error != "" || s.Status == nil || s.Status.Writing != 179 ||
			s.Status.Handled != 16630940):
			t.Errorf("%s: %+v", address, s)
		case complaint != "" && (!strings.Contains(s.Error, complaint) || s.Status != nil):
			t.Errorf("%s: %+v, want an error about %q", address, s, complaint)
		}
		_ = p.Close()
	}
	for _, bad := range []string{"", "127.0.0.1:80", "ftp://a/", "http://"} {
		if _, err := New("proxy", bad); err == nil {
			t.Errorf("%q is taken for a URL", bad)
		}
	}
}

func TestRunEndsAndPollsSeldom(t *testing.T) {
	polls := make(chan time.Time, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		polls <- time.Now()
		io.WriteString(w, answer)
	}))
	defer server.Close()
	p, err := New("proxy", server.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*Every+Every/2)
	defer cancel()
	n := 0
	p.Run(ctx, time.Now(), func(Poll) { n++ })
	if n < 1 || n > 4 || len(polls) > 5 {
		t.Errorf("%d answers of %d polls in %v", n, len(polls), 3*Every)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(answer))
	f.Fuzz(func(t *testing.T, text []byte) { _, _ = parse(text) })
}
