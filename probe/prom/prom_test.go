package prom

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"weir/probe"
	"weir/probe/tally"
)

// scrape serves what ta has and fetches path.
func scrape(t *testing.T, ta *tally.Tally, path string) string {
	t.Helper()
	l, err := Listen("0")
	if err != nil {
		t.Fatal(err)
	}
	if host := l.Addr().String(); !strings.HasPrefix(host, "127.0.0.1:") {
		t.Errorf("listens on %s without being told to", host)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, "v1", ta.View) }()
	resp, err := http.Get("http://" + l.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", resp.StatusCode, err, text)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return string(text)
}

func everything() *tally.Tally {
	drops := uint32(7)
	ta := tally.New(time.Minute)
	s := probe.Sample{
		Counters: map[string]uint64{"stat.cpu.steal": 250, "sched.listener.run_delay_ns": 1_500_000_000,
			"cgroup.cpu.throttled_us": 1},
		Gauges: map[string]uint64{"sockstat.TCP.tw": 3, "slow.at_us": 9, "psi.cpu.some.avg10": 1234},
		Listeners: []probe.Listener{
			{Addr: "127.0.0.1:8000", Cookie: 1, Depth: 17, Limit: 16, Drops: &drops},
			{Addr: "/run/app.sock\xff", Cookie: 2, Depth: 1, Limit: 3},
		},
	}
	for _, m := range probe.Metrics {
		if strings.HasPrefix(m.Name, "Tcp") {
			s.Counters[m.Name] = 12
		}
	}
	ta.Add(s)
	return ta
}

func TestMetrics(t *testing.T) {
	ta := everything()
	text := scrape(t, ta, "/metrics")
	for _, want := range []string{
		"# TYPE weir_listen_overflows_total counter\nweir_listen_overflows_total 12\n",
		`weir_listener_accept_queue_length{listener="127.0.0.1:8000"} 17`,
		`weir_listener_accept_queue_limit{listener="127.0.0.1:8000"} 16`,
		`weir_listener_accept_queue_peak{listener="/run/app.sock?"} 1`,
		`weir_listener_drops_total{listener="127.0.0.1:8000"} 7`,
		"weir_req_q_full_do_cookies_total 12", "weir_cpu_steal_seconds_total 2.5",
		"weir_sched_listener_run_delay_seconds_total 1.5",
		"weir_sockstat_tcp_tw 3", "weir_psi_cpu_some_ratio 0.1234", `weir_build_info{version="v1"} 1`,
		"weir_tw_total 12",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(text, `weir_listener_drops_total{listener="/run`) ||
		strings.Contains(text, "slow_at") {
		t.Error("drops of a unix socket, or the probe's own times, are shown")
	}
	if t.Failed() {
		t.Log(text)
	}

	ta.Add(probe.Sample{At: time.Second, Errors: []probe.SourceError{{Source: "netstat", Text: "gone"},
		{Source: "inet_diag", Text: "gone"}}})
	text = scrape(t, ta, "/metrics")
	if strings.Contains(text, "weir_listen_overflows_total") ||
		strings.Contains(text, "accept_queue_length") {
		t.Errorf("a source that failed is shown:\n%s", text)
	}
	if strings.Contains(text, "weir_listener_sockets{") {
		t.Errorf("listeners that cannot be seen are counted:\n%s", text)
	}
	if !strings.Contains(text, `weir_probe_source_errors_total{source="netstat"} 1`) ||
		!strings.Contains(text, `drops_total{listener="127.0.0.1:8000"} 7`) {
		t.Errorf("the failure, or the history of the listener, is missing:\n%s", text)
	}
}

// TestGone: 0 sockets are 0 after a look that succeeded, and only there.
func TestGone(t *testing.T) {
	ta := everything()
	ta.Add(probe.Sample{At: time.Minute})
	text := scrape(t, ta, "/metrics")
	if !strings.Contains(text, `weir_listener_sockets{listener="127.0.0.1:8000"} 0`) ||
		strings.Contains(text, "accept_queue_length") {
		t.Errorf("nobody listens any more:\n%s", text)
	}
}

// TestLost: a source that could not be opened, which is told once, is shown for as long as we run.
func TestLost(t *testing.T) {
	ta := tally.New(time.Minute)
	ta.Add(probe.Sample{Errors: []probe.SourceError{{Source: "cgroup", Text: "x", Lost: true},
		{Source: "snmp", Text: "y"}}})
	ta.Add(probe.Sample{At: time.Hour})
	text := scrape(t, ta, "/metrics")
	if !strings.Contains(text, `weir_probe_source_lost{source="cgroup"} 1`) ||
		strings.Contains(text, `weir_probe_source_lost{source="snmp"}`) {
		t.Error(text)
	}
}

// TestLoss: what is exported as loss is bounded by what the namespace's counters say of bare ACKs, and absent
// before a rate is known.
func TestLoss(t *testing.T) {
	ta := tally.New(time.Minute)
	add := func(at time.Duration, drops uint32, listenDrops, deferred uint64) {
		ta.Add(probe.Sample{
			At: at, Counters: map[string]uint64{"TcpExtListenDrops": listenDrops,
				"TcpExtTCPDeferAcceptDrop": deferred},
			Listeners: []probe.Listener{{Addr: "127.0.0.1:8000", Cookie: 1, Limit: 16, Drops: &drops}},
		})
	}
	add(0, 0, 0, 0)
	if text := scrape(t, ta, "/metrics"); strings.Contains(text, "loss_rate{") {
		t.Errorf("a rate of nothing:\n%s", text)
	}
	add(10*time.Second, 100, 0, 100)
	if text := scrape(t, ta, "/metrics"); !strings.Contains(text,
		`weir_listener_loss_rate{listener="127.0.0.1:8000"} 0`) {
		t.Errorf("bare ACKs are no loss:\n%s", text)
	}
	add(20*time.Second, 300, 100, 100)
	if text := scrape(t, ta, "/metrics"); !strings.Contains(text,
		`weir_listener_loss_rate{listener="127.0.0.1:8000"} 10`) {
		t.Errorf("a hundred final ACKs in 20 s, two drops each:\n%s", text)
	}
}

var metricName = regexp.MustCompile(`weir_[a-z0-9_]+`)

// TestExamplesNameWhatThereIs: a rule for a metric that nobody exports never fires.
func TestExamplesNameWhatThereIs(t *testing.T) {
	ta := everything()
	ta.Add(probe.Sample{At: 1, Counters: ta.View().Sample.Counters, Gauges: ta.View().Sample.Gauges,
		Listeners: ta.View().Sample.Listeners,
		Errors:    []probe.SourceError{{Source: "x"}, {Source: "y", Lost: true}}})
	text := scrape(t, ta, "/metrics")
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(Alerts), &rules); err != nil || len(rules.Groups) == 0 ||
		len(rules.Groups[0].Rules) < 5 {
		t.Fatalf("alerts.yaml: %v, %+v", err, rules)
	}
	if !json.Valid([]byte(Dashboard)) {
		t.Fatal("dashboard.json is not JSON")
	}
	exprs := []string{Dashboard}
	for _, r := range rules.Groups[0].Rules {
		exprs = append(exprs, r.Expr)
	}
	for _, expr := range exprs {
		for _, name := range metricName.FindAllString(expr, -1) {
			if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") {
				t.Errorf("%s is used in an example, but not exported", name)
			}
		}
	}
}

// TestAlerts: what the rules make of hosts whose answer is known. Their language is Prometheus', and so is
// who evaluates them.
func TestAlerts(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		promtool, err = filepath.Abs("../../bin/promtool") // .ci/deps puts it there
	}
	if _, none := os.Stat(promtool); err != nil || none != nil {
		t.Skip("NOT TESTED: promtool is not installed")
	}
	cmd := exec.Command(promtool, "test", "rules", "alerts_test.yaml")
	cmd.Dir = "testdata"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestAlertsRestOn: where there is no promtool, that each rule asks for what it must not do without.
func TestAlertsRestOn(t *testing.T) {
	for alert, want := range map[string]string{
		"AcceptQueueOverflows":   "weir_listener_loss_rate > 0\n          and on (instance, job, listener) weir_listener_accept_queue_peak > weir_listener_accept_queue_limit\n",
		"ListenerGone":           "weir_listener_sockets == 0\n",
		"OtherListenerOverflows": "or 0 * sum by (instance, job) (rate(weir_listen_overflows_total[5m]))",
		"ProbeBlind":             "weir_probe_source_lost == 1 or increase(",
	} {
		_, rule, _ := strings.Cut(Alerts, "alert: "+alert+"\n")
		rule, _, _ = strings.Cut(rule, "alert: ")
		if !strings.Contains(rule, want) {
			t.Errorf("%s has no %q:\n%s", alert, want, rule)
		}
	}
}

func TestListen(t *testing.T) {
	for _, bad := range []string{"a:b:c", "127.0.0.1:99999999", "nowhere.invalid:0"} {
		if l, err := Listen(bad); err == nil {
			t.Errorf("%s: listens on %v", bad, l.Addr())
		}
	}
}
