package analysis

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/report/result"
	"weir/report/words"
	"weir/report/world"
)

// recorded are the causes that runs recorded on a real kernel are known to have, because the experiment made
// them: by file of testdata/causes, then by lane. Those called after a scenario and its variant were made by
// `weir reproduce --quick`, in the lab; dead-work and burst by `weir run` at the embedded backend on
// loopback. The last five were made so too, each in a network namespace of its own: 13 local ports for
// connections that take 200 ms; at most 4 requests in flight; a backend of SCHED_IDLE beside a busy loop on
// one processor; tcp_syncookies=0 and SYNs from addresses that nobody has; and a listener that never accepts,
// while the route to the watched one was away for 0.6 s. A record whose generator was short of a processor is
// among them on purpose: the cause has to be right all the same.
var recorded = map[string]map[string]label{
	"unix-upstream-tcp": {"direct": {result.WorkerBoundOverflow, "queue worker_bound_overflow"},
		"proxy": {result.WorkerBoundOverflow, "queue worker_bound_overflow"}},
	"unix-upstream-unix": {"direct": {"unix_queue_overflow", "queue unix_queue_overflow"},
		"proxy": {"unix_queue_overflow", "queue unix_queue_overflow"}},
	"worker-connections-few":   {"proxy": {"proxy_limit", "closed proxy_limit"}},
	"worker-connections-many":  {"proxy": {"none", ""}},
	"max-fails-spared":         {"proxy": {"peer_marked_down", "proxy peer_marked_down"}},
	"log-messages-closed-port": {"proxy": {"not_listening", "proxy not_listening"}},
	"log-messages-all-down":    {"proxy": {"peer_marked_down", "proxy peer_marked_down"}},
	"log-messages-full-queue": {"proxy": {result.WorkerBoundOverflow,
		"queue worker_bound_overflow, late queued_too_long"}},
	// the whole backend was killed: one request saw that, all others a closed port
	"log-messages-worker-death": {"proxy": {"not_listening", "proxy not_listening"}},
	// paused workers, which no record proves
	"gc-pause-impatient": {"proxy": {result.AcceptQueueOverflow,
		"queue accept_queue_overflow, proxy proxy_timeout"}},
	"worker-timeout-killed": {"proxy": {"worker_closed", "proxy worker_closed"}},
	"read-timeout-high-low": {"proxy": {"proxy_timeout", "proxy proxy_timeout, late queued_too_long"}},
	// while the server was exchanged
	"incident-live-gevent": {"proxy": {"not_listening", "proxy not_listening"}},
	// 243 waited in the queue, 148 were never connected; the first server's queue was reset as it left
	"incident-live-workers": {"proxy": {"dead_work",
		"proxy undetermined, slow dead_work, queue worker_bound_overflow"}},
	"dead-work": {"direct": {"dead_work", "slow dead_work, late queued_too_long"}},
	"burst":     {"direct": {result.BurstOverflow, "queue burst_overflow"}},
	"ports-exhausted": {"direct": {"ports_exhausted",
		"generator ports_exhausted, late queued_too_long"}},
	"generator": {"direct": {"generator", "generator generator"}},
	"cpu-starved": {"direct": {result.ServerCPUStarved,
		"queue server_cpu_starved, late slow_response"}},
	"syn-queue":        {"direct": {"syn_queue_overflow", "queue syn_queue_overflow"}},
	"another-listener": {"direct": {"another_listener", "queue another_listener, late slow_response"}},
}

// label is exact in what has to be said of each class of failures: a cause that is right, but less than what
// the record proves, is a loss as well.
type label struct {
	truth result.CauseCode // what was made to happen
	said  string           // "class code", the most frequent first
}

// TestCausesOfLabelledRuns holds the named causes against known ones, and prints the confusion matrix: what
// was made to happen, beside what was said. Said to be something else than it was is a defect; less than that
// is only what the labels allow by name.
func TestCausesOfLabelledRuns(t *testing.T) {
	said := map[[2]result.CauseCode]int{}
	judge := func(name string, truth, code result.CauseCode) {
		said[[2]result.CauseCode{truth, code}]++
		for _, c := range []result.CauseCode{truth, code} {
			if !claimed(c) {
				t.Errorf("%s: nothing says what the code %q claims", name, c)
			}
		}
	}
	for name, lanes := range recorded {
		a := analyze(t, unpacked(t, filepath.Join("testdata", "causes", name+".ndjson.gz")))
		if len(a.Lanes) != len(lanes) {
			t.Fatalf("%s has %d lanes, want %d", name, len(a.Lanes), len(lanes))
		}
		for _, l := range a.Lanes {
			judge(name+", "+l.Name, lanes[l.Name].truth, l.Cause.Code)
			eachClass(t, name, l)
			var said []string
			for _, c := range l.Causes {
				said = append(said, fmt.Sprintf("%s %s", c.Class, c.Cause.Code))
			}
			if got := strings.Join(said, ", "); got != lanes[l.Name].said {
				t.Errorf("%s, %s: %q is said, want %q", name, l.Name, got, lanes[l.Name].said)
			}
		}
	}
	files, err := filepath.Glob("testdata/causes/*")
	if check(t, err); len(files) != len(recorded) {
		t.Errorf("%d records in testdata/causes, %d are labelled", len(files), len(recorded))
	}
	for name, c := range labelled() {
		w := world.Demo()
		w.Rates = []float64{500, 600}
		c.change(&w)
		l := analyze(t, record(t, w)).Lanes[0]
		judge("simulated "+name, c.code, l.Cause.Code)
		if l.Cause.Code != c.code {
			t.Errorf("%s: said to be %s, it is %s", name, l.Cause.Code, c.code)
		}
		eachClass(t, name, l)
	}
	t.Logf("causes of %d recorded and %d simulated runs:\n%s", len(recorded), len(labelled()), matrix(said))
}

func claimed(code result.CauseCode) bool {
	return slices.ContainsFunc(words.Claims, func(c words.Claim) bool { return c.Code == code })
}

// eachClass: the classes have a cause each, and together are all that went bad.
func eachClass(t *testing.T, name string, l result.Lane) {
	t.Helper()
	var bad, told uint64
	for _, tr := range l.Trials {
		bad += tr.Bad
	}
	for i, c := range l.Causes {
		told += c.Requests
		if !claimed(c.Cause.Code) || c.Cause.Text.Text == "" || c.Requests == 0 ||
			i > 0 && c.Requests > l.Causes[i-1].Requests {
			t.Errorf("%s: class %+v", name, c)
		}
	}
	if told+l.Outcomes["canceled"] != bad ||
		told > 0 && !slices.ContainsFunc(l.Causes,
			func(c result.ClassCause) bool { return c.Cause.Code == l.Cause.Code }) {
		t.Errorf("%s: the classes have %d of %d bad requests; the lane's cause is %s", name, told, bad,
			l.Cause.Code)
	}
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	check(t, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	check(t, err)
	text, err := io.ReadAll(r)
	check(t, err)
	return text
}

// matrix lists, for each true cause, how often what was said.
func matrix(said map[[2]result.CauseCode]int) string {
	var b strings.Builder
	truths := map[result.CauseCode][]string{}
	for pair, n := range said {
		word := fmt.Sprintf("%d × %s", n, pair[1])
		if pair[0] != pair[1] {
			word += " (!)"
		}
		truths[pair[0]] = append(truths[pair[0]], word)
	}
	for _, truth := range slices.Sorted(maps.Keys(truths)) {
		slices.Sort(truths[truth])
		fmt.Fprintf(&b, "  %-24s %s\n", truth, strings.Join(truths[truth], ", "))
	}
	return b.String()
}
