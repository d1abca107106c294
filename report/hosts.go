package report

import (
	"cmp"
	"slices"
	"strings"

	"weir/report/doc"
	"weir/report/result"
	"weir/report/unit"
	"weir/report/words"
)

// hosts is who dropped what, what connections held of their ports, and what eBPF saw.
func hosts(a *result.Analysis) (list []doc.Block) {
	t := doc.Table{Label: "Hosts", Corner: "host",
		Columns: append(doc.Numbers("overflows", "own drops", "max SYN queue", "max SYN_SENT",
			"max TIME_WAIT", "max local ports"), doc.Column{Head: "beside that", Prose: true})}
	for _, h := range a.Hosts {
		ports := counted(h.PortsUsed)
		if h.PortsUsed != nil && h.PortsRange != nil {
			ports = say("host.ports", args{"used": *h.PortsUsed, "range": *h.PortsRange})
		}
		t.Rows = append(t.Rows, doc.Row{Label: doc.T(h.Name),
			Cells: doc.Cells(counted(h.Overflows), counted(h.OwnDrops), counted(h.SYNQueue),
				counted(h.SYNSent), counted(h.TimeWait), ports, cmp.Or(beside(h), "–"))})
	}
	if len(t.Rows) > 0 {
		list = append(list, doc.Section{Label: "Hosts",
			Blocks: []doc.Block{doc.Heading{Level: 2, Text: doc.T("Hosts")},
				doc.Paragraph{Text: doc.T(say("hosts", nil)), Note: true}, t}})
	}
	if anyTraced(a) {
		list = append(list, doc.Section{Label: "Traced",
			Blocks: []doc.Block{doc.Heading{Level: 2, Text: doc.T(say("traced", nil))},
				doc.Paragraph{Text: doc.T(say("traced.note", nil)), Note: true}, traced(a)}})
	}
	return list
}

// beside is what has no column: it is rare.
func beside(h result.Host) string {
	var parts []string
	add := func(code result.Code, a args) { parts = append(parts, say(code, a)) }
	if h.OthersAtLeast != nil && *h.OthersAtLeast > 0 {
		add("host.others_at_least", args{"n": *h.OthersAtLeast})
	}
	if h.Waiting != nil {
		add("host.waiting", args{"n": *h.Waiting})
	}
	for _, o := range h.Others {
		add("host.other", args{"addr": o.Addr, "n": o.Drops})
	}
	for _, r := range h.Restarts {
		add("host.restart", args{"addr": r.Addr, "n": r.Times})
	}
	absent := say("host.absent", nil)
	for _, c := range h.SysctlChanges {
		add("host.sysctl", args{"name": c.Name, "before": cmp.Or(c.Before, absent),
			"after": cmp.Or(c.After, absent)})
	}
	if h.Clock != nil {
		add("host.clock", args{"clock": words.Of(h.Clock.Text)})
	}
	return strings.Join(parts, "; ")
}

// anyTraced reports whether eBPF watched a queue.
func anyTraced(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Hosts, func(h result.Host) bool { return h.Traced != nil })
}

// traced is what eBPF saw.
func traced(a *result.Analysis) doc.Table {
	t := doc.Table{Label: "Traced by eBPF", Corner: "host",
		Columns: append(doc.Numbers("accepted", "not timed", "wait, mean", "by Recv-Q", "p50 ≤",
			"p90 ≤", "p99 ≤", "max ≤"), doc.Column{Head: "RSTs sent", Prose: true},
			doc.Column{Head: "RSTs received", Number: true})}
	for _, h := range a.Hosts {
		x := h.Traced
		if x == nil {
			continue
		}
		waits := slices.Repeat([]string{"–"}, 6)
		if w := x.Wait; w != nil {
			waits = []string{seconds(&w.Mean), seconds(x.ByRecvQ), seconds(&w.P50), seconds(&w.P90),
				seconds(&w.P99), seconds(&w.Max)}
		}
		cells := slices.Concat([]string{unit.Int(x.Accepts), unit.Int(x.Unaccounted)}, waits,
			[]string{sentRSTs(x.SentRST), unit.Int(x.ReceivedRST)})
		t.Rows = append(t.Rows, doc.Row{Label: doc.T(h.Name), Cells: doc.Cells(cells...)})
	}
	return t
}

// sentRSTs counts the RSTs that the kernel sent, and says for whom.
func sentRSTs(all []result.SentRST) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, say("rst", args{"n": r.Count, "whom": say("rst."+result.Code(r.For), nil),
			"reason": r.Reason}))
	}
	return cmp.Or(strings.Join(parts, "; "), "0")
}
