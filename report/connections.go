package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"weir/report/result"
)

// connections says how requests shared connections, and whose kernel keeps those that were closed.
func connections(_ *result.Analysis, l *result.Lane) cell {
	c := l.Connections
	if c.Opened == nil {
		return cell{Main: "not counted", Tone: muted}
	}
	text := count(*c.Opened) + " opened"
	if c.PerOne != nil && math.Abs(*c.PerOne-1) < .005 {
		text += ", 1 request each"
	} else if c.PerOne != nil {
		text += ", " + digits(*c.PerOne, 3) + " requests each"
	}
	return cell{Main: text + closedFirst(c) + closedIdle(c) + closedUnread(c)}
}

// closedFirst names who closed connections first, for that side holds them in TIME_WAIT.
func closedFirst(c result.Connections) string {
	switch {
	case c.TimeWait == nil && c.WeClosed != nil && *c.WeClosed > 0 && (c.Unread == nil || *c.Unread == 0):
		return "; reset by us (no TIME_WAIT)"
	case c.TimeWait == nil:
		return ""
	case *c.TimeWait == "peer":
		return "; closed first by the server (its TIME_WAIT)"
	case *c.TimeWait == "us":
		return "; closed first by us (our TIME_WAIT)"
	}
	return "; closed first by either side (TIME_WAIT on both)"
}

// closedIdle counts the connections that ended while they carried no request.
func closedIdle(c result.Connections) string {
	if c.IdlePeer == nil || c.IdleUs == nil || *c.IdlePeer+*c.IdleUs == 0 {
		return ""
	}
	var by []string
	if *c.IdleUs > 0 {
		by = append(by, count(*c.IdleUs)+" by us")
	}
	if *c.IdlePeer > 0 {
		by = append(by, count(*c.IdlePeer)+" by the server")
	}
	return "; while idle " + strings.Join(by, ", ")
}

// closedUnread tells of those that nobody keeps, because we closed them before we had read all.
func closedUnread(c result.Connections) string {
	if c.Unread == nil || *c.Unread == 0 {
		return ""
	}
	return "; " + count(*c.Unread) + " reset by us over unread bytes (no TIME_WAIT)"
}

// sharing reports whether the connections are worth a line of the verdict: not where each carried one request
// and the server closed it, or now and then we did, which was as fast.
func sharing(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		c := l.Connections
		return c.Use == "reuse" || c.TimeWait != nil && *c.TimeWait == "us"
	})
}

// lostSYNs explains the modes of a second and more in the times of connecting.
func lostSYNs(_ *result.Analysis, l *result.Lane) cell {
	var parts []string
	for i, s := range l.LostSYNs {
		text := fmt.Sprintf("%s lost %d, after %s", count(s.Count), s.Lost, seconds(s.Connect))
		if i == 0 {
			text = fmt.Sprintf("%s lost %d, connected after %s", plural(s.Count, "request"), s.Lost, seconds(s.Connect))
		}
		parts = append(parts, text)
	}
	for _, s := range l.Unanswered {
		parts = append(parts, fmt.Sprintf("%s timed out after %s, %s each unanswered", count(s.Count), seconds(s.Connect), plural(uint64(s.Lost), "SYN")))
	}
	switch {
	case len(parts) > 0:
		return cell{Main: strings.Join(parts, "; ")}
	case l.SYNRetrans > 0: // the record does not say whose
		return cell{Main: count(l.SYNRetrans)}
	}
	return cell{Main: "none"}
}

// anySYNLost reports whether SYNs are worth a line of the verdict: not where each connect timeout is one of them, as
// in loss mode.
func anySYNLost(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return l.SYNRetrans > 0 || slices.ContainsFunc(l.Unanswered, func(s result.LostSYNs) bool { return s.Lost > 1 })
	})
}

// fromSent is the latency without our own lag, p50 and p99.
func fromSent(_ *result.Analysis, l *result.Lane) cell {
	q := &l.FromSent
	p50, p99 := quantile(q.P50, q.P50Interval, q.Count), quantile(q.P99, q.P99Interval, q.Count)
	if q.P99 == nil {
		return p50
	}
	return cell{Main: p50.Text() + ", " + p99.Text()}
}

// lagging reports whether our own lag is a tenth or more of a latency that is shown.
func lagging(a *result.Analysis) bool {
	apart := func(due, sent *float64) bool { return due != nil && sent != nil && *due-*sent > .1**due }
	return slices.ContainsFunc(a.Lanes, func(l result.Lane) bool {
		return apart(l.Latency.P50, l.FromSent.P50) || apart(l.Latency.P99, l.FromSent.P99)
	})
}

// engines names what sent the requests.
func engines(a *result.Analysis) string {
	var names []string
	for _, l := range a.Lanes {
		if l.Engine != "" && !slices.Contains(names, l.Engine) {
			names = append(names, l.Engine)
		}
	}
	return strings.Join(names, ", ")
}

// perRequest is what a lane's load cost the host of its listener.
func perRequest(b result.Backend) string {
	if b.Connections == nil || b.PerRequest == nil {
		return ""
	}
	text := fmt.Sprintf("%s, %s a request", count(*b.Connections), digits(*b.PerRequest, 3))
	if b.CPU != nil {
		text += fmt.Sprintf("; its processes took %s of a processor for each", seconds(*b.CPU))
	}
	return text
}

// generator says how much of this machine the load took, at the most in any trial.
func generator(g *result.GeneratorUse) string {
	var parts []string
	if g.CPU != nil {
		parts = append(parts, digits(100**g.CPU, 2)+" % of the processors")
	}
	if g.LoopCPU != nil {
		what := "the event loop"
		if g.Loops > 1 {
			what = fmt.Sprintf("the busiest of %d event loops", g.Loops)
		}
		parts = append(parts, what+" ran for "+digits(100**g.LoopCPU, 2)+" % of its worst second")
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + ", in the trial with the most"
}
