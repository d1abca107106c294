package report

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/report/runfile"
)

// TestCSVHoldsTheBins: one line for each bin, whose sums are those of the analysis, and what is not known is
// empty.
func TestCSVHoldsTheBins(t *testing.T) {
	a := invalid()
	var b bytes.Buffer
	if err := CSV(&b, a); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int {
		i := slices.Index(lines[0], name)
		if i < 0 {
			t.Fatalf("no column %s in %q", name, lines[0])
		}
		return i
	}
	bins, unseen, sums := 0, 0, map[string]uint64{}
	for _, line := range lines[1:] {
		bins++
		if line[column("recv_q")] == "" {
			unseen++
		}
		for _, name := range []string{"overflows", "bad_connect_timeout", "bad_http_504"} {
			if line[column(name)] == "" && name == "overflows" {
				continue
			}
			n, err := strconv.ParseUint(line[column(name)], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sums[line[0]+" "+name] += n
		}
	}
	direct, proxy := a.Lanes[0], a.Lanes[1]
	blind, want := 0, map[string]uint64{"direct bad_connect_timeout": direct.Outcomes["connect_timeout"],
		"direct bad_http_504":       0,
		"proxy bad_connect_timeout": 0, "proxy bad_http_504": proxy.Outcomes["http_504"]}
	for _, l := range a.Lanes {
		for i, depth := range l.Timeline.RecvQ {
			if depth == nil {
				blind++
			}
			if n := l.Timeline.Overflows[i]; n != nil {
				want[l.Name+" overflows"] += *n
			}
		}
	}
	if want := len(direct.Timeline.AtS) + len(proxy.Timeline.AtS); bins != want || unseen != blind ||
		blind < 10 {
		t.Errorf("%d bins, %d of them without Recv-Q; want %d and %d", bins, unseen, want, blind)
	}
	if !maps.Equal(sums, want) || want["direct overflows"] < 100 {
		t.Errorf("sums %v, want %v", sums, want)
	}
	if last := lines[len(lines)-1]; last[column("trial")] != "25" || last[column("rate_rps")] != "582.857" {
		t.Errorf("the last bin is said to be of trial %s at %s req/s", last[1], last[2])
	}
}

func TestCSVHasNoFormulas(t *testing.T) {
	a := demo()
	a.Lanes[0].Name = `=HYPERLINK("http://x")`
	var b bytes.Buffer
	if err := CSV(&b, a); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), `"=`) || strings.Contains(b.String(), "\n=") {
		t.Error("a lane's name is a formula")
	}
}

// TestHistogramLogReadsBack with the library's reader: the values, by lane, kind and second, and the times.
func TestHistogramLogReadsBack(t *testing.T) {
	epoch := time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC)
	record := smallRecord(t, epoch)
	var b bytes.Buffer
	if err := HistogramLog(&b, runfile.NewReader(bytes.NewReader(record), "test")); err != nil {
		t.Fatal(err)
	}
	log := hdr.NewHistogramLogReader(&b)
	got := map[string]int64{}
	for {
		h, err := log.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		second := strconv.FormatInt((h.StartTimeMs()-epoch.UnixMilli())/1000, 10)
		if length := h.EndTimeMs() - h.StartTimeMs(); length < 999 || length > 1001 {
			t.Errorf("an interval of %d ms", length)
		}
		got[h.Tag()+" "+second] += h.TotalCount()
		if h.Tag() == "direct" && second == "2" {
			if max := time.Duration(h.Max()); max < 30*time.Millisecond || max > 30100*time.Microsecond {
				t.Errorf("the longest of 30 ms is %v: the values are not nanoseconds", max)
			}
		}
	}
	want := map[string]int64{
		"direct 0": 10, "direct 1": 10, "direct 2": 5, "direct.failed 2": 5, "direct.from_sent 0": 10,
		"direct.from_sent 1": 10,
		"direct.from_sent 2": 5, "direct.send_lag 0": 10, "direct.send_lag 1": 10, "direct.send_lag 2": 10,
		"the_other_ 0": 1, "the_other_.from_sent 0": 1, "the_other_.send_lag 0": 1,
	}
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%s: %d values, want %d", key, got[key], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("lines %v, want those of %v", got, want)
	}
}

// smallRecord has two lanes: 30 requests in three seconds, of which the last five fail, and one.
func smallRecord(t *testing.T, epoch time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&b),
		runfile.Header{Epoch: epoch, Name: "small", TrialsTotal: 2,
			Lanes: []runfile.Lane{{Name: "direct", Mode: runfile.Loss, Deadline: time.Second},
				{Name: "the other,", Mode: runfile.Loss}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, lane := range []string{"direct", "the other,"} {
		n := []int{30, 1}[i]
		err := rec.Write(&runfile.Trial{Index: i, Lane: lane, Rate: 10, Due: n,
			Plan: plan.Plan{Stages: []plan.Stage{{Duration: 3 * time.Second, From: 10, To: 10}}}})
		if err != nil {
			t.Fatal(err)
		}
		into := rec.Results(i)
		for j := range n {
			due := time.Duration(j) * 100 * time.Millisecond
			r := loadgen.Result{Seq: j, Due: due, Sent: due + time.Millisecond, Done: due +
				30*time.Millisecond, Status: 200, Outcome: loadgen.OK}
			if j >= 25 {
				r.Outcome, r.Status = loadgen.ConnectTimeout, 0
			}
			into.Record(r)
		}
		if err := rec.Write(&runfile.TrialEnd{Index: i, End: 3 * time.Second, Drained: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := rec.Close(runfile.Complete); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
