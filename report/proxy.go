package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
	"weir/report/words"
)

// What NGINX said of the requests and of itself, in words.

func anyProxyTime(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.ProxyLog != nil && l.ProxyLog.Connect != nil })
}

// anyRetried: where every request was tried once there is nothing to tell.
func anyRetried(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool { return l.ProxyLog != nil && l.ProxyLog.Retried > 0 })
}

// proxyTries says how many attempts a request took, and what that hid from the client.
func proxyTries(_ *result.Analysis, l *result.Lane) cell {
	p := l.ProxyLog
	if p == nil {
		return cell{Main: "–", Tone: muted}
	}
	text := "none"
	if p.TriesPerRequest != nil {
		text = digits(*p.TriesPerRequest, 3) + " a request"
	}
	if len(p.Hidden) > 0 {
		text += "; hid " + hidden(p.Hidden)
	}
	return cell{Main: text}
}

// hidden is "231 × 502, 3 × 504", the most frequent first.
func hidden(statuses map[string]uint64) string {
	var list []named
	for status, n := range statuses {
		list = append(list, named{status, n})
	}
	slices.SortFunc(list, func(a, b named) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	var parts []string
	for _, s := range list {
		parts = append(parts, count(s.N)+" × "+s.Name)
	}
	return strings.Join(parts, ", ")
}

// proxyTime says where NGINX's tries spent their time: connecting is where a full queue shows.
func proxyTime(_ *result.Analysis, l *result.Lane) cell {
	p := l.ProxyLog
	if p == nil || p.Connect == nil || p.Header == nil {
		return cell{Main: "–", Tone: muted}
	}
	text := "connect " + inPercent(*p.Connect) + ", header " + inPercent(*p.Header)
	if p.Body != nil && *p.Body >= .01 {
		text += ", body " + inPercent(*p.Body)
	}
	return cell{Main: text}
}

func inPercent(x float64) string { return digits(100*x, 2) + " %" }

// proxyAccount is all that the access log says of a lane in sum; "" without one.
func proxyAccount(p *result.ProxyLog) string {
	if p == nil {
		return ""
	}
	parts := []string{plural(p.Requests, "request") + " in the log"}
	if p.Missing > 0 {
		parts[0] += ", " + count(p.Missing) + " not"
	}
	tries := count(p.Tries) + " tries"
	if p.TriesPerRequest != nil {
		tries += " (" + digits(*p.TriesPerRequest, 3) + " a request)"
	}
	if p.Unconnected > 0 {
		tries += ", " + count(p.Unconnected) + " of them without a connection"
	}
	parts = append(parts, tries)
	if p.Retried > 0 {
		parts = append(parts, plural(p.Retried, "request")+" retried, "+count(p.Saved)+" of them saved")
	}
	if len(p.Hidden) > 0 {
		parts = append(parts, "hidden from the client: "+hidden(p.Hidden))
	}
	if p.Connect != nil && p.Header != nil && p.Body != nil {
		parts = append(parts, fmt.Sprintf("of %s of upstream time %s went into connecting, %s into waiting for a response header, %s into the rest",
			seconds(p.Upstream), inPercent(*p.Connect), inPercent(*p.Header), inPercent(*p.Body)))
	}
	return strings.Join(parts, "; ")
}

// proxyStatus is what stub_status said, with what it cannot see; "" where it was not asked.
func proxyStatus(p *result.ProxyStatus) string {
	if p == nil {
		return ""
	}
	if p.Polls == 0 {
		return "none of " + plural(p.Failed, "poll") + " was answered"
	}
	text := fmt.Sprintf("in %s at most %s active (%s reading, %s writing, %s waiting)",
		plural(p.Polls, "poll"), plural(p.Active, "connection"), count(p.Reading), count(p.Writing), count(p.Waiting))
	if p.Accepted != nil && p.Handled != nil && p.Requested != nil {
		text += fmt.Sprintf("; %s accepted, %s handled, %s", count(*p.Accepted), count(*p.Handled), plural(*p.Requested, "request"))
	}
	return text + ". NGINX counts a connection when it has accepted it: what waits in its own accept queue is in none of these, weir's polls are"
}

// proxiedHead and proxiedRows are the table of single requests that NGINX's access log tells of.
func proxiedHead() []string {
	return []string{"client saw", "kept", "NGINX logged", "one of them"}
}

func proxiedRows(l *result.Lane) (rows [][]string) {
	if l.ProxyLog == nil {
		return nil
	}
	for _, k := range l.ProxyLog.Kinds {
		text := ""
		if len(k.Examples) > 0 {
			text = exampleText(&k.Examples[0])
		}
		rows = append(rows, []string{k.Outcome, count(k.Kept), k.Class, text})
	}
	return rows
}

// exampleText is one request with its place in the plan, both counted from 1; the record has them from 0.
func exampleText(p *result.Proxied) string {
	text := fmt.Sprintf("%s. Request %d of trial %d", words.Of(p.Text), p.Seq+1, p.Trial+1)
	if p.Due != nil {
		text += fmt.Sprintf(", due at %.1f s", *p.Due)
	}
	return text
}

// typical is one sentence on the most frequent failure that NGINX told of.
func typical(a *result.Analysis) string {
	for _, l := range a.Lanes {
		if l.ProxyLog == nil {
			continue
		}
		for _, k := range l.ProxyLog.Kinds {
			if k.Outcome != "ok" && len(k.Examples) > 0 {
				return l.Name + ": " + words.Of(k.Examples[0].Text)
			}
		}
	}
	return ""
}
