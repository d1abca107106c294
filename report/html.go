package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/analysis/gate"
	"weir/report/result"
	"weir/report/words"
)

//go:embed assets/report.html.tmpl assets/compare.html.tmpl assets/dose.html.tmpl assets/report.css assets/report.js assets/echarts
var assets embed.FS

// pageTemplate escapes by context; only our own files enter it unescaped.
var pageTemplate = template.Must(template.New("report.html.tmpl").ParseFS(assets, "assets/report.html.tmpl", "assets/compare.html.tmpl", "assets/dose.html.tmpl"))

// HTML writes one self-contained page: verdict, figures, tables, doubts, and how to repeat the run.
// It loads nothing from anywhere; a content security policy admits exactly the two scripts and the
// style sheet that are in it, by hash, so that markup from a server or a log could not run even if it
// got past the escaping.
func HTML(w io.Writer, a *result.Analysis) error {
	a = readable(a)
	drawn := draw(a)
	data, err := json.Marshal(drawn) // escapes <, >, &, U+2028 and U+2029: nothing in it can end the script element
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	css, lib, app := asset("report.css"), asset("echarts/echarts.min.js"), asset("report.js")
	view := htmlView{
		Analysis: a,
		CSP: "default-src 'none'; script-src " + hash(lib) + " " + hash(app) +
			"; style-src " + hash(css) + "; img-src data:; base-uri 'none'; form-action 'none'",
		CSS: template.CSS(css), Library: template.HTML(lib), App: template.JS(app), Data: template.JS(data),
		Title: title(a), Said: sentences(a), Warnings: warnings(a), Capacity: capacityLine(a.Capacity), Versions: versions(a),
		Summary: summary(a), Environment: environment(a), HostHead: hostHead(), HostRows: hostRows(a), TracedHead: tracedHead(), TracedRows: tracedRows(a), TrialHead: trialHead(),
		ProxiedHead: proxiedHead(),
		Classes:     legend(drawn.Classes), Drawn: drawn.shows(),
	}
	if len(a.Assertions) > 0 {
		view.Gate = gate.Overall(a.Assertions)
	}
	view.Compared = viewComparison(a.Comparison)
	if a.Agreement != nil {
		view.Agreement = ratioCell(*a.Agreement)
	}
	if len(a.Command) > 0 {
		view.Command = commandLine(a.Command)
	}
	for i := range a.Lanes {
		view.Lanes = append(view.Lanes, viewLane(&a.Lanes[i]))
	}
	var page bytes.Buffer // a template error must not leave half a page
	if err := pageTemplate.Execute(&page, view); err != nil {
		return err
	}
	_, err = page.WriteTo(w)
	return err
}

// asset reads an embedded file; the build fails without it, so that here it exists.
func asset(name string) []byte {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return b
}

// hash is a CSP source expression for an inline element with exactly this content (CSP 3, section 2.3.1).
func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// htmlView is what the template shows.
type htmlView struct {
	*result.Analysis
	Warnings           []result.Warning
	CSP                string
	CSS                template.CSS
	Library            template.HTML // text, until report.js makes a script of it
	App, Data          template.JS
	Title, Said        []string
	Capacity, Versions string
	Agreement          cell
	Command            string
	Summary            []row
	Lanes              []laneView
	Environment        []fact
	HostHead           []string
	TracedHead         []string
	TracedRows         [][]string
	HostRows           [][]string
	TrialHead          []string
	ProxiedHead        []string
	Classes            []class
	Drawn              []string // what else the legends must explain
	Gate               gate.Verdict
	Compared           *comparisonView
}

// class is a kind of failure with the CSS class of its colour.
type class struct{ Name, CSS string }

type laneView struct {
	*result.Lane
	Facts     []fact
	Also      []string // the causes of fewer failures
	Spread    string   // the heat map in words
	Tail      string   // the percentile curve in words
	Marks     []string
	Outcomes  []outcomeView
	Quantiles [][]string
	TrialRows [][]string
	Proxied   [][]string
}

type outcomeView struct {
	class
	Count, Share string
}

func viewLane(l *result.Lane) laneView {
	v := laneView{Lane: l, Also: otherCauses(l), TrialRows: trialRows(l), Proxied: proxiedRows(l)}
	v.Outcomes = append(v.Outcomes, outcomeView{class{"ok", "c-ok"}, count(l.Outcomes["ok"]), share(l.Outcomes["ok"], l.Offered)})
	for _, f := range failures(l.Outcomes, l.Late) {
		name := f.Name
		if name == "late" {
			name = "late (of the ok: over " + seconds(l.Deadline) + ")"
		}
		v.Outcomes = append(v.Outcomes, outcomeView{class{name, classOf(f.Name)}, count(f.N), share(f.N, l.Offered)})
	}
	type named struct {
		name string
		q    result.Quantiles
	}
	rows := []named{{"latency of the ok", l.Latency}, {"the same, from sending", l.FromSent}}
	if p := l.Phases; p != nil {
		rows = append(rows, named{"until the first byte", p.FirstByte}, named{"connecting", p.Connect})
	}
	for _, q := range append(rows, named{"time until failure", l.FailLatency}, named{"send lag (ours)", l.SendLag}) {
		row := []string{q.name}
		row = append(row, quantileRow(&q.q)...)
		v.Quantiles = append(v.Quantiles, append(row, count(q.q.Count)))
	}
	for _, m := range l.Timeline.Marks {
		v.Marks = append(v.Marks, fmt.Sprintf("%s (%s)", words.Of(m.Text), moment(l, m.AtS)))
	}
	v.Facts = laneFacts(l)
	v.Spread, v.Tail = spread(l), tail(l)
	return v
}

// quantileRow is p50, p90, p99, p99.9 with their intervals, and the maximum, which has none.
func quantileRow(q *result.Quantiles) (row []string) {
	for _, x := range []struct {
		value *float64
		b     *result.Bounds
	}{{q.P50, q.P50Interval}, {q.P90, q.P90Interval}, {q.P99, q.P99Interval}, {q.P999, q.P999Interval}} {
		if x.value == nil { // nothing to measure, or too little for this quantile
			row = append(row, "–")
		} else {
			row = append(row, quantile(x.value, x.b, q.Count).Text())
		}
	}
	if q.Max == nil {
		return append(row, "–")
	}
	return append(row, seconds(*q.Max))
}

// moment places a time of the run in one of the lane's trials. The run's clock is of no use beside a
// timeline from which the time between trials is cut out.
func moment(l *result.Lane, at float64) string {
	for i := len(l.Trials) - 1; i >= 0; i-- {
		if t := &l.Trials[i]; at >= t.Start && t.Rate > 0 {
			return fmt.Sprintf("%.1f s into the trial at %s", at-t.Start, rate(t.Rate))
		} else if at >= t.Start {
			return fmt.Sprintf("%.1f s into the trial", at-t.Start)
		}
	}
	return fmt.Sprintf("%.1f s after the beginning", at)
}

// bunched says whether requests were sent together.
func bunched(o *result.Options) string {
	if o == nil || o.WakeQuantum == 0 {
		return ""
	}
	return ": requests due within " + seconds(o.WakeQuantum) + " may have been sent together (--wake-quantum)"
}

// laneFacts is how the lane was loaded and what its counters said.
func laneFacts(l *result.Lane) []fact {
	optional := func(n *uint64) string {
		if n == nil {
			return "not measured"
		}
		return count(*n)
	}
	facts := []fact{
		{"URL", l.URL},
		{"engine", l.Engine + bunched(l.Options)},
		{"connections", strings.Trim(l.Connections.Use+": "+connections(nil, l).Main, ": ")},
		{"load on this machine", generator(&l.Generator)},
		{"mode", l.Mode},
		{"connect timeout", limit(l.ConnectTimeout)},
		{"deadline", limit(l.Deadline)},
		{"offered, sent, shed", count(l.Offered) + ", " + count(l.Sent) + ", " + count(l.Shed) + " requests"},
		{"where the time goes", whereTime(l)},
		{"SYNs lost", lostSYNs(nil, l).Main},
		{"listener", l.Listener},
		{"ListenOverflows", optional(l.Overflows)},
		{"ListenDrops", optional(l.ListenDrops)},
		{"drops of this listener", optional(l.ListenerDrops)},
		{"connections to its host", perRequest(l.Backend)},
		{"reconciliation", byRule(&l.Reconciliation)},
		{"NGINX's access log", proxyAccount(l.ProxyLog)},
		{"NGINX's stub_status", proxyStatus(l.ProxyStatus)},
	}
	if text := crossChecks(l); text != "" {
		facts = append(facts, fact{"onset, cross-checked", text})
	}
	if r := l.Reconciliation; r.Low != nil && r.High != nil {
		facts = append(facts, fact{"overflows ÷ failures may be", interval(*r.Low, *r.High)})
	}
	if l.Plateau != nil {
		bounds := "(no interval: fewer than 6 trials)"
		if b := l.PlateauBounds; b != nil {
			bounds = interval(b.Low, b.High)
		}
		facts = append(facts, fact{"goodput plateau", rate(*l.Plateau) + " " + bounds + ", of the overloaded trials, less what their queue took in"})
	}
	return slices.DeleteFunc(facts, func(f fact) bool { return strings.Trim(f.Value, ", ") == "" })
}

// legend lists the failures that the figures show.
func legend(names []string) []class {
	var out []class
	for _, name := range names {
		out = append(out, class{name, classOf(name)})
	}
	return out
}

// classOf is the CSS class that carries an outcome's colour. A name that weir does not know, which a
// foreign record may hold, shares one colour.
func classOf(name string) string {
	if name == "late" || slices.Contains(loadgen.Outcomes(), loadgen.Outcome(name)) {
		return "c-" + name
	}
	return "c-other"
}
