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

// What NGINX said of the requests and of itself.

func anyProxyTime(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return l.ProxyLog != nil && l.ProxyLog.Connect != nil
	})
}

// anyRetried: where every request was tried once there is nothing to tell.
func anyRetried(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return l.ProxyLog != nil && l.ProxyLog.Retried > 0
	})
}

var dash = doc.Cell{Text: doc.T("–"), Tone: doc.Muted}

// proxyTries says how many attempts a request took, and what that hid from the client.
func proxyTries(_ *result.Analysis, l *result.Lane) doc.Cell {
	p := l.ProxyLog
	switch {
	case p == nil:
		return dash
	case p.TriesPerRequest == nil:
		return answer("nginx.no_tries", args{"hidden": hidden(p.Hidden)})
	}
	return answer("nginx.tries", args{"tries": p.TriesPerRequest, "hidden": hidden(p.Hidden)})
}

// hidden is "231 × 502, 3 × 504", the most frequent first.
func hidden(statuses map[string]uint64) string {
	var list []kind
	for status, n := range statuses {
		list = append(list, kind{status, n})
	}
	slices.SortFunc(list, func(a, b kind) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	var parts []string
	for _, s := range list {
		parts = append(parts, say("times", args{"n": s.N, "what": s.Name}))
	}
	return strings.Join(parts, ", ")
}

// proxyTime says where NGINX's tries spent their time: connecting is where a full queue shows.
func proxyTime(_ *result.Analysis, l *result.Lane) doc.Cell {
	p := l.ProxyLog
	if p == nil || p.Connect == nil || p.Header == nil {
		return dash
	}
	body := p.Body
	if body != nil && *body < .01 {
		body = nil
	}
	return answer("nginx.time", args{"connect": p.Connect, "header": p.Header, "body": body})
}

// proxyAccount is all that the access log says of a lane in sum; "" without one.
func proxyAccount(p *result.ProxyLog) string {
	if p == nil {
		return ""
	}
	a := args{"n": p.Requests, "missing": some(p.Missing), "tries": p.Tries, "per_request": p.TriesPerRequest,
		"unconnected": some(p.Unconnected),
		"hidden":      hidden(p.Hidden), "retried": some(p.Retried)}
	if p.Retried > 0 {
		a["saved"] = p.Saved
	}
	if p.Connect != nil && p.Header != nil && p.Body != nil {
		a["upstream"], a["connect"], a["header"], a["body"] = p.Upstream, p.Connect, p.Header, p.Body
	}
	return say("nginx.log", a)
}

// proxyStatus is what stub_status said, with what it cannot see; "" where it was not asked.
func proxyStatus(p *result.ProxyStatus) string {
	switch {
	case p == nil:
		return ""
	case p.Polls == 0:
		return say("nginx.no_status", args{"n": p.Failed})
	}
	a := args{"polls": p.Polls, "active": p.Active, "reading": p.Reading, "writing": p.Writing,
		"waiting": p.Waiting}
	if p.Accepted != nil && p.Handled != nil && p.Requested != nil {
		a["accepted"], a["handled"], a["requested"] = p.Accepted, p.Handled, p.Requested
	}
	return say("nginx.status", a)
}

// proxied is the table of single requests that NGINX's access log tells of.
func proxied(l *result.Lane) []doc.Block {
	if l.ProxyLog == nil || len(l.ProxyLog.Kinds) == 0 {
		return nil
	}
	t := doc.Table{Caption: "What NGINX said of single requests", Class: "log", Corner: "client saw",
		Columns: []doc.Column{{Head: "kept", Number: true}, {Head: "NGINX logged"},
			{Head: "one of them", Prose: true}}}
	for _, k := range l.ProxyLog.Kinds {
		text := ""
		if len(k.Examples) > 0 {
			text = example(&k.Examples[0])
		}
		t.Rows = append(t.Rows, doc.Row{Label: doc.C(k.Outcome),
			Cells: []doc.Cell{{Text: doc.T(unit.Int(k.Kept))}, {Text: doc.C(k.Class)}, {Text: doc.T(text)}}})
	}
	return []doc.Block{t}
}

// example is one request with its place in the plan, both counted from 1; the record has them from 0.
func example(p *result.Proxied) string {
	a := args{"text": words.Of(p.Text), "request": p.Seq + 1, "trial": p.Trial + 1}
	if p.Due != nil {
		a["due"] = unit.Tenths(*p.Due)
	}
	return say("nginx.example", a)
}

// typical is one sentence on the most frequent failure that NGINX told of.
func typical(a *result.Analysis) string {
	for _, l := range a.Lanes {
		if l.ProxyLog == nil {
			continue
		}
		for _, k := range l.ProxyLog.Kinds {
			if k.Outcome != "ok" && len(k.Examples) > 0 {
				return say("lane", args{"lane": l.Name, "text": words.Of(k.Examples[0].Text)})
			}
		}
	}
	return ""
}
