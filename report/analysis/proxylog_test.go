package analysis

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/report/result"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe/nginxlog"
	"weir/report/runfile"
	"weir/report/words"
)

func took(d time.Duration) *time.Duration { return &d }

// joined is a run of two lanes of ten requests each, of which two failed through the proxy.
func joined(t *testing.T, more func(*runfile.Recorder)) *result.Analysis {
	t.Helper()
	var buf bytes.Buffer
	lanes := []runfile.Lane{{Name: "direct", Mode: runfile.Loss}, {Name: "proxy", Mode: runfile.Loss}}
	rec, err := runfile.NewRecorder(runfile.NewWriter(&buf), runfile.Header{Lanes: lanes})
	must(t, err)
	for i, l := range lanes {
		start := time.Duration(i+1)*time.Second + 400*time.Microsecond
		must(t, rec.Write(&runfile.Trial{Index: i, Lane: l.Name, Rate: 10, Start: start, Due: 10,
			Plan: plan.Plan{Stages: []plan.Stage{{Duration: time.Second, From: 10, To: 10}}}}))
		for seq := range 10 {
			at := start + time.Duration(seq)*50*time.Millisecond
			r := loadgen.Result{Seq: seq, Due: at, Sent: at, Done: at + 20*time.Millisecond, Status: 200,
				Outcome: loadgen.OK}
			if l.Name == "proxy" && seq >= 8 {
				r.Done, r.Status, r.Outcome = at+901*time.Millisecond, 504, loadgen.HTTP504
			}
			rec.Results(i).Record(r)
		}
		must(t, rec.Write(&runfile.TrialEnd{Index: i, End: start + 2*time.Second}))
	}
	more(rec)
	must(t, rec.Close(runfile.Complete))
	a, err := Analyze(runfile.NewReader(&buf, "run.ndjson"))
	must(t, err)
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestProxyLog(t *testing.T) {
	const a, b = "127.0.0.1:8000", "127.0.0.1:8001"
	got := joined(t, func(rec *runfile.Recorder) {
		at := 2 * time.Second // of the proxy lane's trial, in whole milliseconds
		must(t, rec.Write(&runfile.Access{Host: "proxy", At: 2 * time.Second, TrialStart: at, Requests: 6,
			Tries: 8, Retried: 2, Saved: 2,
			Hidden: map[int]uint64{502: 1, 504: 1}, Unconnected: 2, Connect: 1 * time.Second,
			Header: 3 * time.Second}))
		must(t, rec.Write(&runfile.Access{Host: "proxy", At: 3 * time.Second, TrialStart: at, Requests: 4,
			Tries:  4,
			Hidden: map[int]uint64{502: 1}, Connect: 2 * time.Second, Header: 1 * time.Second,
			Body: 1 * time.Second}))
		must(t, rec.Write(&runfile.Access{Host: "proxy", At: 3 * time.Second, Foreign: 7}))
		for seq := 8; seq < 10; seq++ {
			must(t, rec.Write(&runfile.Proxied{Host: "proxy", TrialStart: at, Seq: seq,
				Request: nginxlog.Request{Status: 504, Took: took(901 * ms),
					Tries: []nginxlog.Try{{Addr: a, Status: 504, Response: took(900 * ms)}}}}))
		}
		must(t, rec.Write(&runfile.Proxied{Host: "proxy", TrialStart: at, Seq: 1,
			Request: nginxlog.Request{Status: 200, Took: took(21 * ms),
				Tries: []nginxlog.Try{{Addr: a, Status: 502, Response: took(0)},
					{Addr: b, Status: 200, Connect: took(0), Header: took(20 * ms),
						Response: took(21 * ms)}}}, Example: true}))
	})
	if got.Lanes[0].ProxyLog != nil {
		t.Errorf("the direct lane has NGINX's account: %+v", got.Lanes[0].ProxyLog)
	}
	p := got.Lanes[1].ProxyLog
	if p == nil {
		t.Fatal("the proxy lane has no account of NGINX's")
	}
	if p.Requests != 10 || p.Missing != 0 || p.Tries != 12 || *p.TriesPerRequest != 1.2 || p.Retried != 2 ||
		p.Saved != 2 || p.Hidden["502"] != 2 || p.Hidden["504"] != 1 || p.Unconnected != 2 {
		t.Errorf("counts: %+v", p)
	}
	if p.Upstream != 8 || *p.Connect != .375 || *p.Header != .5 || *p.Body != .125 {
		t.Errorf("times: %v s, shares %v %v %v", p.Upstream, *p.Connect, *p.Header, *p.Body)
	}
	if len(p.Kinds) != 2 || p.Kinds[0].Outcome != "http_504" || p.Kinds[0].Class != "504/504/connect" ||
		p.Kinds[0].Kept != 2 || p.Kinds[1].Outcome != "ok" {
		t.Fatalf("kinds: %+v", p.Kinds)
	}
	x := p.Kinds[0].Examples[0]
	if x.Trial != 1 || x.Seq != 8 || x.Due == nil || x.Latency == nil || *x.Latency != .901 ||
		words.Of(x.Text) != "This 504 spent 900 ms in connect to 127.0.0.1:8000, 1 try" {
		t.Errorf("a failure: %+v", x)
	}
	if x := p.Kinds[1].Examples[0]; x.Due != nil ||
		words.Of(x.Text) != "This 200 hides a try that got no connection to 127.0.0.1:8000 at once, 2 tries (502 and 200)" {
		t.Errorf("a saved request: %+v", x)
	}
	if codes := warningCodes(got); slices.ContainsFunc(codes,
		func(c string) bool { return strings.HasPrefix(c, "access_log") }) {
		t.Errorf("warnings %v of a log that has everything", codes)
	}
}

func warningCodes(a *result.Analysis) (codes []string) {
	for _, w := range a.Warnings {
		codes = append(codes, string(w.Code))
	}
	return codes
}

func TestProxyLogDoubts(t *testing.T) {
	for _, test := range []struct {
		code string
		sum  runfile.Access
	}{
		{"access_log_format", runfile.Access{Unread: 3}},
		{"access_log_unjoined", runfile.Access{Foreign: 3}},
		{"access_log_gaps", runfile.Access{TrialStart: 2 * time.Second, Requests: 9, Tries: 9}},
	} {
		a := joined(t, func(rec *runfile.Recorder) { must(t, rec.Write(&test.sum)) })
		if codes := warningCodes(a); !slices.Contains(codes, test.code) {
			t.Errorf("%+v: warnings %v, want %s", test.sum, codes, test.code)
		}
	}
}

func TestFate(t *testing.T) {
	const a, b = "10.0.0.1:80", "10.0.0.2:80"
	for _, test := range []struct {
		want    string
		outcome loadgen.Outcome
		r       nginxlog.Request
	}{
		{"This 504 spent 900 ms in connect to 10.0.0.1:80, 2 tries (502 and 504)", loadgen.HTTP504,
			nginxlog.Request{Status: 504, Tries: []nginxlog.Try{
				{Addr: b, Status: 502, Response: took(0)},
				{Addr: a, Status: 504, Response: took(900 * ms)}}}},
		{"This 504 spent 2.50 s waiting for a response header from 10.0.0.1:80, 1 try", loadgen.HTTP504,
			nginxlog.Request{Status: 504, Tries: []nginxlog.Try{
				{Addr: a, Status: 504, Connect: took(ms), Response: took(2501 * ms)}}}},
		{"This 502 got no connection to unix:/a.sock at once, 1 try", loadgen.HTTP502,
			nginxlog.Request{Status: 502, Tries: []nginxlog.Try{{Addr: "unix:/a.sock", Status: 502,
				Response: took(0)}}}},
		{"This 502 lost its connection to 10.0.0.1:80 at once, before a response header came, 1 try",
			loadgen.HTTP502, nginxlog.Request{Status: 502,
				Tries: []nginxlog.Try{{Addr: a, Status: 502, Connect: took(0), Response: took(ms)}}}},
		{"This request, which its client gave up (response timeout), spent 300 ms waiting for a response header from 10.0.0.1:80, 1 try", loadgen.ResponseTimeout,
			nginxlog.Request{Status: 499, Tries: []nginxlog.Try{{Addr: a, Connect: took(0),
				Response: took(300 * ms)}}}},
		{"This 502 asked no server of backend, because NGINX had set all of them aside", loadgen.HTTP502,
			nginxlog.Request{Status: 502, Tries: []nginxlog.Try{{Addr: "backend", Status: 502,
				Response: took(0)}}}},
		{"This 503 asked no upstream server", loadgen.HTTP503, nginxlog.Request{Status: 503}},
		{"This 500 was answered 500 by 10.0.0.1:80 at once, 1 try", loadgen.HTTP500,
			nginxlog.Request{Status: 500, Tries: []nginxlog.Try{{Addr: a, Status: 500, Connect: took(0),
				Header: took(ms), Response: took(ms)}}}},
		{"This 200 spent 125 ms reading the response of 10.0.0.1:80, 1 try", loadgen.Truncated,
			nginxlog.Request{Status: 200, Tries: []nginxlog.Try{{Addr: a, Status: 200, Connect: took(0),
				Header: took(0), Response: took(125 * ms)}}}},
		{"This request asked no upstream server", loadgen.HTTP502, nginxlog.Request{}},
		{"This 502 got no connection to 10.0.0.1:80 at once, 20 tries", loadgen.HTTP502,
			nginxlog.Request{Status: 502, More: 19, Tries: []nginxlog.Try{{Addr: a}}}},
	} {
		if got := words.Of(fate(&test.r, test.outcome)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
