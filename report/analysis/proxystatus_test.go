package analysis

import (
	"slices"
	"testing"
	"time"

	"weir/probe/nginxstatus"
	"weir/report/runfile"
)

func TestProxyStatus(t *testing.T) {
	poll := func(at time.Duration, active, accepts, handled, requests uint64) nginxstatus.Poll {
		status := nginxstatus.Status{Active: active, Reading: 1, Writing: active, Waiting: 2,
			Accepts: accepts, Handled: handled, Requests: requests}
		return nginxstatus.Poll{Host: "proxy", At: at, Status: &status}
	}
	lost := nginxstatus.Poll{Host: "proxy", At: 3500 * ms, Error: "i/o timeout"}
	through := runfile.Access{Host: "proxy", TrialStart: 2 * time.Second, Requests: 10, Tries: 10}
	a := joined(t, func(rec *runfile.Recorder) { // the proxy lane's trial runs from 2 s to 4 s
		must(t, rec.Write(&through))
		for _, s := range []nginxstatus.Poll{poll(1900*ms, 999, 100, 100, 100),
			poll(2500*ms, 7, 105, 104, 110), lost, poll(3800*ms, 9, 110, 107, 120),
			poll(4500*ms, 3, 111, 108, 121)} {
			must(t, rec.Write(&runfile.ProxyStatus{Poll: s}))
		}
	})
	if a.Lanes[0].ProxyStatus != nil {
		t.Errorf("the direct lane, which does not lead through NGINX, has a status of it: %+v",
			a.Lanes[0].ProxyStatus)
	}
	p := a.Lanes[1].ProxyStatus
	if p == nil || p.Polls != 3 || p.Failed != 1 || p.Active != 9 || p.Reading != 1 || p.Writing != 9 ||
		p.Waiting != 2 {
		t.Fatalf("%+v", p)
	}
	if p.Accepted == nil || *p.Accepted != 11 || *p.Handled != 8 || *p.Requested != 21 {
		t.Errorf("accepted %v, handled %v, requested %v", p.Accepted, p.Handled, p.Requested)
	}
	if codes := warningCodes(a); !slices.Contains(codes, "nginx_dropped") ||
		!slices.Contains(codes, "nginx_status_gaps") {
		t.Errorf("warnings %v", codes)
	}

	restarted := joined(t, func(rec *runfile.Recorder) {
		must(t, rec.Write(&through))
		must(t, rec.Write(&runfile.ProxyStatus{Poll: poll(1900*ms, 1, 100, 100, 100)}))
		must(t, rec.Write(&runfile.ProxyStatus{Poll: poll(4500*ms, 1, 2, 2, 2)}))
	})
	if p := restarted.Lanes[1].ProxyStatus; p == nil || p.Accepted != nil {
		t.Errorf("counters that went back: %+v", p)
	}
	if none := joined(t, func(*runfile.Recorder) {}); none.Lanes[1].ProxyStatus != nil {
		t.Error("a status of no poll")
	}
}
