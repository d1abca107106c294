package runfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/loadgen"
	"weir/probe"
)

func TestRoundTrip(t *testing.T) {
	recs, r := read(testRun(t))
	check(t, r.Err())
	if len(r.Warnings()) != 0 {
		t.Errorf("warnings %v", r.Warnings())
	}
	h := testHeader()
	if diff := cmp.Diff(&h, recs[0]); diff != "" {
		t.Errorf("header: %s", diff)
	}
	trial := testTrial(0)
	if diff := cmp.Diff([]*Trial{trial}, only[*Trial](recs)); diff != "" {
		t.Errorf("trial: %s", diff)
	}
	samples := only[*Sample](recs)
	if len(samples) != 3 {
		t.Fatalf("%d samples, want 3", len(samples))
	}
	drops := uint32(3)
	want := &Sample{Sample: probe.Sample{
		Host: "backend", At: 40 * ms, Took: ms,
		Counters:  map[string]uint64{"TcpExtListenOverflows": 2, "TcpExtListenDrops": 9},
		Gauges:    map[string]uint64{"sockstat.TCP.tw": 4},
		Listeners: []probe.Listener{{Addr: "10.77.0.3:8000", Cookie: 5, Depth: 17, Limit: 16, Drops: &drops}},
		Errors:    []probe.SourceError{{Source: "snmp", Text: "gone"}},
	}}
	if diff := cmp.Diff(want, samples[2]); diff != "" {
		t.Errorf("sample: %s", diff)
	}
	footer := recs[len(recs)-1].(*Footer)
	wantCounts := map[string]uint64{"header": 1, "trial": 1, "sample": 3, "failure": 1, "service": 1,
		"event": 1, "trial_end": 1}
	for k, n := range wantCounts {
		if footer.Counts[k] != n {
			t.Errorf("footer counts %d %s records, want %d", footer.Counts[k], k, n)
		}
	}
	if footer.At != 2100*ms || footer.Reason != "complete" {
		t.Errorf("footer %+v", footer)
	}
}

// TestBins adds up what the recorder wrote and compares it with the four results that it was given.
func TestBins(t *testing.T) {
	recs, r := read(testRun(t))
	check(t, r.Err())
	due, done := map[loadgen.Outcome]uint64{}, map[time.Duration]uint64{}
	var sent, late, retrans uint64
	latency, fail, lag := NewHistogram(), NewHistogram(), NewHistogram()
	for _, b := range only[*Bin](recs) {
		for o, n := range b.Due {
			due[o] += n
			if b.At != time.Second {
				t.Errorf("%s due in bin %v, want 1s", o, b.At)
			}
		}
		for _, n := range b.Done {
			done[b.At] += n
		}
		sent += b.Sent
		late += b.Late
		retrans += b.SYNRetrans
		check(t, MergeHistogram(latency, b.Latency))
		check(t, MergeHistogram(fail, b.FailLatency))
		check(t, MergeHistogram(lag, b.Lag))
	}
	if diff := cmp.Diff(map[loadgen.Outcome]uint64{loadgen.OK: 2, loadgen.ConnectTimeout: 1, loadgen.Shed: 1},
		due); diff != "" {
		t.Errorf("due: %s", diff)
	}
	if diff := cmp.Diff(map[time.Duration]uint64{1000 * ms: 2, 1300 * ms: 1, 1900 * ms: 1},
		done); diff != "" {
		t.Errorf("done: %s", diff)
	}
	if sent != 3 || late != 1 || retrans != 2 {
		t.Errorf("sent %d, late %d, lost SYNs %d, want 3, 1, 2", sent, late, retrans)
	}
	if latency.TotalCount() != 2 || fail.TotalCount() != 1 || lag.TotalCount() != 3 {
		t.Errorf("histograms hold %d, %d, %d, want 2, 1, 3", latency.TotalCount(), fail.TotalCount(),
			lag.TotalCount())
	}
	if got := float64(fail.Max()); math.Abs(got/float64(900*ms)-1) > .001 {
		t.Errorf("the failure took %v, want 900ms", time.Duration(got))
	}
}

// TestSparse: a counter that vanished is absent in the next sample, neither zero nor what it was.
func TestSparse(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	h := testHeader()
	check(t, w.Write(&h))
	in := []*Sample{}
	for _, s := range []probe.Sample{
		{Host: "a", At: 1, Counters: map[string]uint64{"x": 1, "y": 0}, Gauges: map[string]uint64{"g": 1}},
		{Host: "b", At: 1, Counters: map[string]uint64{"x": 7}, Gauges: map[string]uint64{}},
		{Host: "a", At: 2, Counters: map[string]uint64{"x": 1, "y": 0}, Gauges: map[string]uint64{"g": 1}},
		{Host: "a", At: 3, Counters: map[string]uint64{"x": 1}, Gauges: map[string]uint64{}},
		{Host: "a", At: 4, Counters: map[string]uint64{"x": 2, "y": math.MaxUint64},
			Gauges: map[string]uint64{}},
	} {
		in = append(in, &Sample{Sample: s})
		check(t, w.Write(in[len(in)-1]))
	}
	recs, r := read(buf.Bytes())
	check(t, r.Err())
	if diff := cmp.Diff(in, only[*Sample](recs)); diff != "" {
		t.Error(diff)
	}
	if line := strings.Split(buf.String(), "\n")[3]; strings.Contains(line, `"x"`) {
		t.Errorf("an unchanged counter was written again: %s", line)
	}
}

// TestCutAnywhere: a run that was killed is still a run, wherever the knife fell.
func TestCutAnywhere(t *testing.T) {
	data := testRun(t)
	header := bytes.IndexByte(data, '\n')
	whole, _ := read(data)
	for cut := range len(data) {
		recs, r := read(data[:cut])
		if cut <= header {
			if !errors.Is(r.Err(), ErrNoHeader) || len(recs) != 0 {
				t.Fatalf("cut at %d, within the header: %d records, error %v", cut, len(recs), r.Err())
			}
			continue
		}
		if r.Err() != nil {
			t.Fatalf("cut at %d: %v", cut, r.Err())
		}
		want := []string{"cut_short"}
		if data[cut-1] != '\n' {
			want = []string{"cut_short", "torn_line"}
		}
		if diff := cmp.Diff(want, codes(r.Warnings())); diff != "" {
			t.Fatalf("cut at %d: warnings %s", cut, diff)
		}
		if lines := bytes.Count(data[:cut], []byte("\n")); len(recs) != lines {
			t.Fatalf("cut at %d: %d records of %d whole lines", cut, len(recs), lines)
		}
		if diff := cmp.Diff(whole[:len(recs)], recs); diff != "" {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	data := string(testRun(t))
	header, rest, _ := strings.Cut(data, "\n")
	at2 := func(line string) string { return header + "\n" + line + "\n" + rest }
	for name, c := range map[string]struct {
		data string
		line int
		want string
	}{
		"empty":             {"", 1, "no header"},
		"empty line":        {"\n" + data, 1, "no header"},
		"not json":          {"Benchmark 1 2 ns\n", 1, "no header"},
		"no header":         {rest, 1, "no header"},
		"garbage":           {at2("{oops"), 2, "not a record"},
		"zeroes":            {at2("\x00\x00\x00"), 2, "not a record"},
		"two runs":          {data + data, strings.Count(data, "\n") + 1, "more than one run"},
		"unknown trial":     {at2(`{"kind":"bin","trial":4,"at":0}`), 2, "never begun"},
		"trial begun twice": {at2(strings.Split(rest, "\n")[0]), 3, "began twice"},
		"end of no trial":   {at2(`{"kind":"trial_end","index":9}`), 2, "not running"},
		"negative count":    {at2(`{"kind":"service","host":"b","count":-1}`), 2, "number -1"},
		"negative time":     {at2(`{"kind":"event","host":"b","at":-1}`), 2, "no time in a run"},
		"absurd offset": {at2(`{"kind":"clock","host":"b","at":1,"offset":-9223372036854775808}`), 2,
			"no offset of a clock"},
		"absurd early": {at2(`{"kind":"clock","host":"b","at":1,"early":-1}`), 2, "no uncertainty"},
		"half a ping":  {at2(`{"kind":"clock","host":"b","at":1,"ping_rtt":1}`), 2, "a ping has"},
		"absurd time": {at2(`{"kind":"event","host":"b","at":9223372036854775807}`), 2,
			"no time in a run"},
		"NaN":         {at2(`{"kind":"service","sum_sq":NaN}`), 2, "invalid character"},
		"too large":   {at2(`{"kind":"service","sum_sq":1e999}`), 2, "1e999"},
		"absurd rate": {at2(`{"kind":"trial","index":5,"lane":"direct","rate":1e300}`), 2, "no rate"},
		"absurd index": {at2(`{"kind":"trial","index":123456789,"lane":"direct"}`), 2,
			"trial 123456789"},
		"bin off the grid": {at2(`{"kind":"bin","at":1}`), 2, "no multiple"},
		"long line": {at2(`{"kind":"event","text":"` + strings.Repeat("x", MaxLine) + `"}`), 2,
			"longer than"},
		"long text": {at2(`{"kind":"event","text":"` + strings.Repeat("x", maxName+1) + `"}`), 2,
			"a text of"},
		"hostile counter": {at2(`{"kind":"sample","host":"b","counters":{"<b>":1}}`), 2,
			"no counter's name"},
		"hostile snapshot": {at2(`{"kind":"host","host":"b","sysctls":{"<b>":"1"}}`), 2, "no sysctl"},
		"old sample": {at2(`{"kind":"sample","host":"b","at":126230400000000000}`), 2,
			"no time in a run"},
		"fractional counter": {at2(`{"kind":"sample","host":"b","counters":{"x":1.5}}`), 2, "1.5"},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := read([]byte(c.data))
			var syntax *SyntaxError
			if !errors.As(r.Err(), &syntax) || syntax.Line != c.line || syntax.File != "run.ndjson" ||
				!strings.Contains(r.Err().Error(), c.want) {
				t.Fatalf("error %v, want one of line %d with %q", r.Err(), c.line, c.want)
			}
			if len(r.Err().Error()) > 400 {
				t.Errorf("the message has %d bytes", len(r.Err().Error()))
			}
			if r.Scan() {
				t.Error("Scan went on after the error")
			}
		})
	}
}

func TestLongTornLineIsTorn(t *testing.T) {
	data := append(testRun(t), bytes.Repeat([]byte{0}, 3*MaxLine)...)
	_, r := read(data)
	check(t, r.Err())
	if diff := cmp.Diff([]string{"torn_line"}, codes(r.Warnings())); diff != "" {
		t.Error(diff)
	}
}

func TestOtherVersion(t *testing.T) {
	data := bytes.Replace(testRun(t), []byte(Schema), []byte("weir.run/2"), 1)
	data = bytes.Replace(data, []byte(`"mode":"loss"`), []byte(`"mode":{"new":1}`), 1)
	_, r := read(data)
	var version *VersionError
	if !errors.As(r.Err(), &version) || version.Schema != "weir.run/2" || version.Version != "test" {
		t.Fatalf("error %v, want a VersionError", r.Err())
	}
	t.Log(r.Err())
}

func TestUnknownKindIsSkipped(t *testing.T) {
	later := `{"kind":"heatmap","version":3,"schema":[1]}` + "\n"
	header, rest, _ := strings.Cut(string(testRun(t)), "\n")
	recs, r := read([]byte(header + "\n" + later + later + rest))
	check(t, r.Err())
	whole, _ := read(testRun(t))
	if diff := cmp.Diff(whole, recs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"unknown_kind"}, codes(r.Warnings())); diff != "" {
		t.Error(diff)
	}
}

func TestHostileHistogram(t *testing.T) {
	good, err := new(histogramEncoder).encode([]int64{int64(ms), math.MaxInt64, -5})
	check(t, err)
	h := NewHistogram()
	check(t, MergeHistogram(h, good))
	if h.TotalCount() != 3 {
		t.Errorf("%d values, want 3", h.TotalCount())
	}
	for cut := range len(good) {
		if cut > 0 && MergeHistogram(NewHistogram(), good[:cut]) == nil {
			t.Errorf("cut at %d was accepted", cut)
		}
	}
	wide := hdrOf(t, 1, math.MaxInt64, 5)
	if err := MergeHistogram(h, wide); err == nil || !strings.Contains(err.Error(), "digits") {
		t.Errorf("a histogram of 47 MB: %v", err)
	}
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	w, err := Create(dir)
	check(t, err)
	h := testHeader()
	check(t, w.Write(&h))
	if _, err := Create(dir); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second Create: %v", err)
	}
	check(t, w.Close("complete", time.Second))
	for _, path := range []string{dir, filepath.Join(dir, FileName), w.Path()} {
		r, err := Open(path)
		check(t, err)
		n := 0
		for r.Scan() {
			n++
		}
		check(t, errors.Join(r.Err(), r.Close()))
		if n != 2 {
			t.Errorf("%s: %d records, want 2", path, n)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestWriterRefuses(t *testing.T) {
	w := NewWriter(&bytes.Buffer{})
	trial := testTrial(0)
	h := testHeader()
	if w.Write(trial) == nil {
		t.Error("a run began without a header")
	}
	check(t, w.Write(&h))
	if w.Write(&h) == nil {
		t.Error("a second header")
	}
	if w.Write(&Event{Text: strings.Repeat("x", MaxLine)}) == nil {
		t.Error("a line that no reader takes")
	}
	check(t, w.Write(trial))
	check(t, w.Close("complete", 0))
	if w.Write(trial) == nil || w.Close("complete", 0) == nil {
		t.Error("written after the end")
	}
}

func FuzzReader(f *testing.F) {
	data := testRun(f)
	f.Add(data)
	f.Add(data[:len(data)/2])
	header, _, _ := bytes.Cut(data, []byte("\n"))
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		f.Add(append(append(bytes.Clone(header), '\n'), append(line, '\n')...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		recs, r := read(data)
		if r.Err() == nil && len(recs) == 0 {
			t.Fatal("no error and no record")
		}
		h := NewHistogram()
		for _, rec := range recs {
			if _, err := json.Marshal(rec); err != nil {
				t.Fatalf("a record that cannot be written again: %v", err)
			}
			if b, ok := rec.(*Bin); ok {
				_ = MergeHistogram(h, b.Latency)
			}
		}
	})
}
