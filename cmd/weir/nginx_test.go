package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/report/result"
	"weir/report/runfile"
	"weir/scenarios/lab/labtest"
	"weir/scenarios/nginx"
)

// TestWhatNGINXHides loads a real NGINX with two peers, of which one refuses every connection and the other
// leaves some requests without an answer. The client sees some 502 and 504; NGINX's log, joined by
// X-Request-Id, knows of the tries behind them, and of those that it never saw.
func TestWhatNGINXHides(t *testing.T) {
	weir := shipped(t)
	runTogether(t)
	refusing := labtest.FreeAddress(t)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Request-Id"), "7") {
			time.Sleep(time.Second)
		}
		io.WriteString(w, "ok")
	}))
	defer backend.Close()
	serving := strings.TrimPrefix(backend.URL, "http://")
	proxy := startPeers(t, refusing, serving)
	out := t.TempDir()

	args := []string{"run", "--quiet", "--out", out, "--proxy", "http://" + proxy.Listen + "/", "--rate",
		"50", "--duration", "2s",
		"--nginx-error-log", proxy.ErrorLog(), "--nginx-access-log", proxy.AccessLog()}
	if proxy.Status {
		args = append(args, "--nginx-status", "unix:"+proxy.StatusSocket())
	}
	// INVALID on a machine that is too busy is no matter here
	text, _ := exec.Command(weir, args...).CombinedOutput()
	t.Logf("\n%s", text)
	lane := readReport(t, out).Lanes[0]
	p := lane.ProxyLog
	if p == nil {
		t.Fatal("the access log was not joined")
	}
	// the last line may come too late
	if p.Requests > lane.Sent || p.Requests+1 < lane.Sent || p.Missing != lane.Sent-p.Requests {
		t.Errorf("%d requests joined of %d sent, %d missing", p.Requests, lane.Sent, p.Missing)
	}
	if 5*p.Tries < 6*p.Requests || p.Hidden["502"] < p.Requests/5 || p.Saved < p.Requests/5 ||
		p.Saved > p.Retried || p.Unconnected < p.Saved {
		t.Errorf("with a peer that refuses every second try: %+v", p)
	}
	if p.Header == nil || *p.Header < .6 {
		t.Errorf("only peers that leave requests unanswered take time, but a share of %v of it went into waiting for them", p.Header)
	}
	checkKinds(t, p, refusing, serving)
	if kept := keptFailures(t, out); kept < 5 || kept > joinedFailures(p)+1 {
		t.Errorf("%d failures are kept and %d of them joined", kept, joinedFailures(p))
	}
	if s := lane.ProxyStatus; proxy.Status && (s == nil || s.Polls == 0 || s.Active == 0) {
		t.Errorf("stub_status: %+v", s)
	}
}

// checkKinds wants both kinds of requests told: saved ones, and failed ones with the time that they waited.
func checkKinds(t *testing.T, p *result.ProxyLog, refusing, serving string) {
	t.Helper()
	saved := fmt.Sprintf("got no connection to %s", refusing)
	failed := fmt.Sprintf("s waiting for a response header from %s, 2 tries (", serving)
	var texts []string
	for _, k := range p.Kinds {
		for _, x := range k.Examples {
			texts = append(texts, x.Text.Text)
		}
	}
	all := strings.Join(texts, "\n")
	if !strings.Contains(all, "This 200 hides a try that") || !strings.Contains(all, saved) ||
		!strings.Contains(all, failed) {
		t.Errorf("none says %q, or none %q:\n%s", saved, failed, all)
	}
}

func joinedFailures(p *result.ProxyLog) (n uint64) {
	for _, k := range p.Kinds {
		if k.Outcome != "ok" {
			n += k.Kept
		}
	}
	return n
}

// keptFailures counts the failed requests that the record of the only run below out holds singly.
func keptFailures(t *testing.T, out string) (n uint64) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%v %v", dirs, err)
	}
	r, err := runfile.Open(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Scan() {
		if _, ok := r.Record().(*runfile.Failure); ok {
			n++
		}
	}
	return n
}

func startPeers(t *testing.T, refusing, serving string) *nginx.Server {
	t.Helper()
	c := nginx.Config{
		Dir: labtest.ShortDir(t), Listen: labtest.FreeAddress(t),
		Upstreams:  []string{refusing + " max_fails=0", serving + " max_fails=0"},
		Directives: map[string]string{"proxy_read_timeout": "200ms"},
	}
	path := nginxPath(t)
	c.Status = nginx.HasStatus(t.Context(), path, c)
	return runNGINX(t, path, c)
}

// TestNGINXAdvice: NGINX takes the configuration that is printed, and writes what is understood.
func TestNGINXAdvice(t *testing.T) {
	path, _, err := nginx.Find(t.Context(), "")
	if err != nil {
		labtest.Missing(t, err)
	}
	dir := t.TempDir()
	advice := strings.ReplaceAll(nginxAdvice(), "/var/log/nginx/", dir+"/")
	advice = strings.ReplaceAll(advice, "127.0.0.1:8081", labtest.FreeAddress(t))
	conf := filepath.Join(dir, "nginx.conf")
	text := "pid " + dir + "/pid;\nevents {}\nhttp {\n" + advice + "}\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(path, "-t", "-e", filepath.Join(dir, "e.log"), "-p", dir, "-c",
		conf).CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, said, text)
	}
}
