package compare

import (
	"fmt"
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

// proxyEffects says what the proxy adds, hides and costs, each only where it was measured.
func proxyEffects(c *result.Comparison, direct, proxy *result.Lane) *result.ProxyEffects {
	if !c.A.Valid {
		unknown := result.ProxyEffect{Text: "not known: the run is INVALID", Metrics: []string{}}
		return &result.ProxyEffects{Adds: unknown, Hides: unknown, Costs: unknown}
	}
	return &result.ProxyEffects{Adds: adds(c), Hides: hides(c, direct, proxy), Costs: costs(c)}
}

// adds is latency, at loads that both lanes serve.
func adds(c *result.Comparison) result.ProxyEffect {
	e := result.ProxyEffect{Metrics: []string{"latency.p50", "latency.p99"}}
	median := Effect(c, "latency.p50")
	switch {
	case c.Calm == 0:
		e.Text = "not measured: no two trials at equal load lost 0.5 % at most, and at overload the queue decides the latency"
		return e
	case median.Finding == result.NotKnown:
		e.Text = "not measured: " + median.Reason
		return e
	}
	e.Measured = true
	e.Text = change(median, "at the median")
	if p99 := Effect(c, "latency.p99"); p99.Finding == result.NotKnown {
		e.Text += "; the p99 is not known, " + p99.Reason
	} else {
		e.Text += ", " + change(p99, "at the p99")
	}
	e.Text += fmt.Sprintf("; %d pairs of trials that both lanes served", median.Pairs)
	return e
}

func change(e *result.Effect, where string) string {
	if e.Finding == result.NoDifference {
		return "nothing that could be found " + where + ", " + milliseconds(e.Difference)
	}
	return milliseconds(e.Difference) + " " + where
}

// hides is what reaches the backend's clients otherwise than it happened at the backend: failures that are fewer,
// or have another name, and tries that were repeated.
func hides(c *result.Comparison, direct, proxy *result.Lane) result.ProxyEffect {
	e := result.ProxyEffect{Metrics: []string{"bad.rate"}}
	bad := Effect(c, "bad.rate")
	if bad.Finding == result.NotKnown {
		e.Text = "not measured: " + bad.Reason
		return e
	}
	e.Measured = true
	var parts []string
	switch what := points(bad.Difference); {
	case bad.Finding == result.Lower:
		parts = append(parts, "failures: "+what+" fewer of them reach the client")
	case bad.Finding == result.Higher:
		parts = append(parts, "no failures, it makes more of them: "+what)
	case *bad.A.Value == 0 && *bad.B.Value == 0:
		parts = append(parts, "nothing: there was no failure in either lane")
	default:
		parts = append(parts, "no failures that could be found: "+what)
	}
	if other := renamed(c, direct, proxy); other != "" {
		parts = append(parts, other)
	}
	parts = append(parts, swallowed(proxy)...)
	parts = append(parts, retried(proxy))
	e.Text = strings.Join(parts, "; ")
	return e
}

// renamed says under which names the same failures reach the client.
func renamed(c *result.Comparison, direct, proxy *result.Lane) string {
	a, b := mostFrequent(direct), mostFrequent(proxy)
	if a == "" || b == "" || a == b {
		return ""
	}
	return fmt.Sprintf("most failures are %s in lane %s and %s in lane %s", a, c.A.Label, b, c.B.Label)
}

func mostFrequent(l *result.Lane) (name string) {
	var most uint64
	for _, o := range loadgen.Outcomes() {
		if n := l.Outcomes[string(o)]; o != loadgen.OK && o != loadgen.Canceled && n > most {
			name, most = string(o), n
		}
	}
	return name
}

// swallowed compares the overflows on the proxy's way with the failures its clients saw, in loss mode, where one
// is the other.
func swallowed(proxy *result.Lane) []string {
	r := proxy.Reconciliation
	if proxy.Mode != runfile.Loss || proxy.Overflows == nil || r.Overflows == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d overflows on its way, %d failures that they explain", r.Overflows, r.ClientFailures)}
}

// retried is what the proxy's access log says of repeated tries.
func retried(proxy *result.Lane) string {
	read := slices.ContainsFunc(proxy.LogClasses, func(c result.LogClass) bool { return c.Source == "nginx.access" })
	if !read {
		return "retries not measured (--nginx-access-log)"
	}
	var n, ok uint64
	for _, c := range proxy.LogClasses {
		if c.Source == "nginx.access" && strings.HasSuffix(c.Class, "/retried") {
			n += c.Count
			if strings.HasPrefix(c.Class, "2") {
				ok += c.Count
			}
		}
	}
	if n == 0 {
		return "no request was tried again"
	}
	return fmt.Sprintf("%d requests were tried again, of which %d then succeeded", n, ok)
}

// costs is capacity.
func costs(c *result.Comparison) result.ProxyEffect {
	e := result.ProxyEffect{Metrics: []string{"onset.rate", "plateau.rate"}}
	if !anyOf(c, e.Metrics...) {
		e.Text = "not measured: " + Effect(c, "onset.rate").Reason
		return e
	}
	e.Measured = true
	var parts []string
	for _, m := range []struct{ metric, what string }{{"onset.rate", "failures begin at"}, {"plateau.rate", "overloaded, the server does"}} {
		x := Effect(c, m.metric)
		if x.Finding == result.NotKnown {
			continue
		}
		text := fmt.Sprintf("%s %s of the direct rate", m.what, x.Ratio)
		switch x.Finding {
		case result.NoDifference:
			text += ", no difference found; " + Least(*x)
		case result.Higher:
			text += ", which is more"
		}
		parts = append(parts, text)
	}
	e.Text = strings.Join(parts, "; ")
	return e
}
