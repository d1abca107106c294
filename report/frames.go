package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"weir/loadgen"
	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// frameTemplate is the place of one interactive figure, which report.js draws. It escapes by context.
var frameTemplate = template.Must(template.ParseFS(assets, "assets/frame.html.tmpl"))

// frame is what stands around a figure.
type frame struct {
	Kind   string // of the figure, as the script knows it: "dose", "time", "heat", "tail", "both"
	Number int    // of its section
	Lane   int    // whose it is
	Name   string // the lane's, or what stands for all of them
	ID     string // of the element in which it is drawn
	Label  string // the figure in words, for those who cannot see it
	Marks  []string
	Says   string
	Values bool // the script makes a table of them
}

// sections are the figures of a page, each with what it shows and what its marks mean.
func sections(a *result.Analysis, drawn *figures) ([]doc.Block, error) {
	var failed []doc.Key
	for _, name := range drawn.Classes {
		failed = append(failed, doc.Key{Class: classOf(name), Text: name})
	}
	if len(a.Lanes) == 0 {
		return nil, nil
	}
	extra := func(names ...string) (list []doc.Key) { // of what is not in every figure
		for _, name := range names {
			if slices.Contains(drawn.shows(), name) {
				list = append(list, doc.Key{Class: keyClasses[name],
					Text: say("key."+result.Code(name), nil)})
			}
		}
		return list
	}
	key := func(class, name string) []doc.Key {
		return []doc.Key{{Class: class, Text: say("key."+result.Code(name), nil)}}
	}
	note := say("figure.both.note", args{"retrial": a.Mode != "loss"})
	var list []doc.Block
	for i, s := range []struct {
		kind, heading, note string
		side                bool // by side
		legend              []doc.Key
	}{
		{"dose", "What was offered, and what came of it", say("figure.dose.note", nil), true,
			slices.Concat(key("c-ok", "interval"), failed, extra("capacity", "onset", "bracket", "hollow"))},
		{"time", "The same load, second by second", say("figure.time.note", nil), false,
			slices.Concat(key("k-offered", "offered"), key("c-ok", "goodput"), key("k-queue", "queue"),
				key("k-overflow", "overflows"), extra("replay"), failed)},
		{"heat", "How long requests took, over time", say("figure.heat.note", nil), false,
			slices.Concat(key("k-heat", "heat"), extra("failed"), key("k-guide", "guide"))},
		{"tail", "The slowest of those that succeeded", say("figure.tail.note", nil), false, laneKeys(a)},
		{"both", "Overflows beside failures", note, true, nil},
	} {
		id := fmt.Sprintf("f%d", i+1)
		blocks := []doc.Block{doc.Heading{Level: 2, ID: id,
			Text: doc.T(fmt.Sprintf("%d · %s", i+1, s.heading))},
			doc.Paragraph{Text: doc.T(s.note), Note: true}}
		if s.kind == "time" {
			blocks = append(blocks, doc.Page{HTML: timeTools})
		}
		var frames []doc.Block
		for _, f := range framesOf(a, s.kind) {
			f.Number = i + 1
			var b strings.Builder
			if err := frameTemplate.Execute(&b, f); err != nil {
				return nil, err
			}
			frames = append(frames, doc.Page{HTML: template.HTML(b.String())})
		}
		if s.side {
			var cells [][]doc.Block
			for _, f := range frames {
				cells = append(cells, []doc.Block{f})
			}
			frames = []doc.Block{doc.Grid{Cells: cells}}
		}
		list = append(list, doc.Section{Label: s.heading,
			Blocks: append(append(blocks, frames...), doc.Legend{Keys: s.legend})})
	}
	return list, nil
}

// timeTools choose a trial, and say what is at the cursor; the script fills them.
const timeTools template.HTML = `<p class="vh" id="said" role="status" aria-live="polite"></p>
<p class="tools" hidden><label>Show <select id="zoom"><option value="">all trials</option></select></label></p>`

var keyClasses = map[string]string{"capacity": "k-capacity", "onset": "k-theta", "bracket": "k-theta",
	"hollow": "k-hollow", "replay": "k-replay", "failed": "k-heat-failed"}

func laneKeys(a *result.Analysis) (list []doc.Key) {
	for i, l := range a.Lanes {
		list = append(list, doc.Key{Class: fmt.Sprintf("l-%d", i%4), Text: l.Name})
	}
	return list
}

// framesOf are one for each lane, but for the percentiles, whose lanes stand in one figure.
func framesOf(a *result.Analysis, kind string) (list []frame) {
	if kind == "tail" {
		var each []string
		for i := range a.Lanes {
			each = append(each, say("figure.tail.lane",
				args{"lane": a.Lanes[i].Name, "tail": tail(&a.Lanes[i])}))
		}
		return []frame{{Kind: kind, ID: kind, Name: unit.Plural(uint64(len(a.Lanes)), "lane"), Values: true,
			Label: say("figure.tail", args{"lanes": strings.Join(each, " ")})}}
	}
	for i := range a.Lanes {
		l := &a.Lanes[i]
		f := frame{Kind: kind, ID: kind + "-" + strconv.Itoa(i), Lane: i, Name: unit.Clean(l.Name),
			Values: kind != "dose"}
		what := args{"lane": l.Name, "trials": len(l.Trials), "spread": spread(l),
			"rule": byRule(&l.Reconciliation)}
		f.Label = say("figure."+result.Code(kind), what)
		switch kind {
		case "time":
			for _, m := range l.Timeline.Marks {
				f.Marks = append(f.Marks, moment(l, m))
			}
		case "both":
			f.Says = byRule(&l.Reconciliation)
		}
		list = append(list, f)
	}
	return list
}

// moment places a mark in one of the lane's trials. The run's clock is of no use beside a timeline from which
// the time between trials is cut out.
func moment(l *result.Lane, m result.Mark) string {
	for i := len(l.Trials) - 1; i >= 0; i-- {
		if t := &l.Trials[i]; m.AtS >= t.Start {
			a := args{"text": words.Of(m.Text), "at": unit.Tenths(m.AtS - t.Start)}
			if t.Rate > 0 {
				a["rate"] = t.Rate
			}
			return say("trial.moment", a)
		}
	}
	return say("run.moment", args{"text": words.Of(m.Text), "at": unit.Tenths(m.AtS)})
}

// nothing is what stands in the place of a figure that has nothing to show.
func nothing() map[string]string {
	texts := map[string]string{}
	for _, kind := range []string{"dose", "time", "heat", "both", "both_unmeasured", "tail"} {
		texts[kind] = say("figure.no_"+result.Code(kind), nil)
	}
	return texts
}

// classOf is the CSS class that carries an outcome's colour. A name that weir does not know, which a foreign
// record may hold, shares one colour.
func classOf(name string) string {
	if name == "late" || slices.Contains(loadgen.Outcomes(), loadgen.Outcome(name)) {
		return "c-" + name
	}
	return "c-other"
}
