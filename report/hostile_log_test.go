package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"weir/loadgen"
	"weir/loadgen/plan"
	"weir/probe/nginxlog"
	"weir/report/analysis"
	"weir/report/doc"
	"weir/report/runfile"
)

// TestHostileLog takes log lines that clients wrote half of the whole way: classified, recorded, analysed,
// and shown in every form. They come bounded, and are text everywhere.
func TestHostileLog(t *testing.T) {
	const ms = time.Millisecond
	var record bytes.Buffer
	rec, err := runfile.NewRecorder(runfile.NewWriter(&record), runfile.Header{
		Schema: runfile.Schema, Version: "test", Name: "run",
		Epoch: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), TrialsTotal: 1,
		Lanes: []runfile.Lane{{Name: "proxy", Mode: runfile.Loss, URL: "http://x/", Deadline: 100 * ms,
			ConnectTimeout: 900 * ms}},
	})
	start := 1000 * ms
	errs := []error{err, rec.Write(&runfile.Trial{Lane: "proxy", Rate: 50, Start: start, Due: len(plants),
		Plan: plan.Plan{
			Stages: []plan.Stage{{From: 50, To: 50, Duration: time.Second}}, Arrival: plan.Constant}})}
	results := rec.Results(0)
	for i, planted := range append(plants, strings.Repeat("<b>", 64<<10/3)) {
		at := start + time.Duration(i)*20*ms
		line := `2026/01/02 03:04:05 [error] 17#17: *42 upstream timed out (110: Connection timed out) while connecting to upstream, client: 127.0.0.1, server: , request: "GET /` +
			planted + ` HTTP/1.1", upstream: "http://` + planted + `/", host: "a"`
		if i%2 == 1 { // another class, so that more texts are kept
			line = strings.Replace(line, "timed out (110: Connection timed out)", "sent invalid header: \""+
				planted+"\"", 1)
		}
		l, ok := nginxlog.ParseError([]byte(line))
		if !ok {
			t.Fatalf("not understood: %.100q", line)
		}
		results.Record(loadgen.Result{Seq: i, Due: at, Sent: at, Done: at + 10*ms, Outcome: loadgen.HTTP504,
			Status: 504})
		errs = append(errs, rec.Write(&runfile.Event{Host: "proxy", At: at, Source: l.Source, Class: l.Class,
			Count: uint64(i + 1), Text: l.Text}))
		quoted, _ := json.Marshal(planted + ":80")
		access := strings.NewReplacer("$request_id", "0", "$http_x_request_id", "", "$status", "504",
			"$request_time", "0.010", "$msec", "1.000",
			`"$upstream_addr"`, string(quoted), "$upstream_status", "504", "$upstream_connect_time", "-",
			"$upstream_header_time", "-", "$upstream_response_time", "0.010").Replace(nginxlog.AccessFormat)
		if r, ok := nginxlog.ParseRequest([]byte(access)); ok {
			errs = append(errs, rec.Write(&runfile.Proxied{Host: "proxy", At: at, TrialStart: start, Seq: i,
				Request: r, Example: true}))
		} else if len(access) < 16<<10 {
			t.Errorf("not understood: %.200q", access)
		}
	}
	errs = append(errs, rec.Write(&runfile.TrialEnd{End: 2000 * ms, Drained: true, DrainedAt: 2000 * ms}),
		rec.Close("complete"))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Analyze(runfile.NewReader(&record, "run.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var text, markdown, page, values bytes.Buffer
	if err := errors.Join(Text(&text, a, doc.TextOptions{}), Markdown(&markdown, a), HTML(&page, a),
		JSON(&values, a)); err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(page.String(), string(asset("echarts/echarts.min.js")))
	for form, s := range map[string]string{"text": text.String(), "markdown": markdown.String(),
		"page": before + after, "json": values.String()} {
		printable(t, s)
		if run := regexp.MustCompile(`(<b>|&lt;b&gt;){200}`).FindString(s); run != "" {
			t.Errorf("%s: a text is not bounded", form)
		}
	}
	if n := strings.Count(before+after, "<script"); n != 3 {
		t.Errorf("%d script elements, want the 3 of our own", n)
	}
	if found := regexp.MustCompile(`<script|<img|<b>`).FindString(withoutCode(markdown.String())); found != "" {
		t.Errorf("%q is live in report.md", found)
	}
	if !json.Valid(values.Bytes()) || !utf8.Valid(values.Bytes()) {
		t.Error("report.json is not JSON")
	}
	var kept []string
	for _, c := range a.Lanes[0].LogClasses {
		kept = append(kept, c.Text)
	}
	// else nothing was tried
	if shown := fmt.Sprint(kept); !strings.Contains(shown, "pwned") ||
		!strings.Contains(markdown.String(), "pwned") {
		t.Errorf("no planted text was shown: %.300q", shown)
	}
}
