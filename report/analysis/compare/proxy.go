package compare

import (
	"slices"
	"strings"

	"weir/loadgen"
	"weir/report/result"
	"weir/report/runfile"
)

// proxyEffects are what the proxy adds, hides and costs, each only where it was measured.
func proxyEffects(c *result.Comparison, direct, proxy *result.Lane) *result.ProxyEffects {
	if !c.A.Valid {
		unknown := notMeasured(result.Finding{Code: "run_is_invalid"})
		return &result.ProxyEffects{Adds: unknown, Hides: unknown, Costs: unknown}
	}
	return &result.ProxyEffects{Adds: adds(c), Hides: hides(c, direct, proxy), Costs: costs(c)}
}

func notMeasured(why result.Finding, metrics ...string) result.ProxyEffect {
	return result.ProxyEffect{
		Text:    result.Finding{Code: "proxy_not_measured", Args: result.Args{"why": why}},
		Metrics: append([]string{}, metrics...),
	}
}

func measuredOf(text result.Finding, metrics ...string) result.ProxyEffect {
	return result.ProxyEffect{Text: text, Measured: true, Metrics: metrics}
}

// adds is latency, at loads that both lanes serve.
func adds(c *result.Comparison) result.ProxyEffect {
	metrics := []string{"latency.p50", "latency.p99"}
	median := Effect(c, "latency.p50")
	switch {
	case c.Calm == 0:
		return notMeasured(result.Finding{Code: "no_calm_pairs"}, metrics...)
	case median.Finding == result.NotKnown:
		return notMeasured(median.Reason, metrics...)
	}
	args := result.Args{"p50": added(median, "p50"), "pairs": median.Pairs}
	if p99 := Effect(c, "latency.p99"); p99.Finding == result.NotKnown {
		args["p99"] = result.Finding{Code: "added_unknown",
			Args: result.Args{"percentile": "p99", "why": p99.Reason}}
	} else {
		args["p99"] = added(p99, "p99")
	}
	return measuredOf(result.Finding{Code: "proxy_adds", Args: args}, metrics...)
}

func added(e *result.Effect, percentile string) result.Finding {
	code := result.Code("added")
	if e.Finding == result.NoDifference {
		code = "added_nothing"
	}
	return result.Finding{Code: code,
		Args: result.Args{"percentile": percentile, "by": e.Difference.In(e.Unit)}}
}

// hides is what reaches the backend's clients otherwise than it happened at the backend: failures that are
// fewer, or have another name, and tries that were repeated.
func hides(c *result.Comparison, direct, proxy *result.Lane) result.ProxyEffect {
	bad := Effect(c, "bad.rate")
	if bad.Finding == result.NotKnown {
		return notMeasured(bad.Reason, "bad.rate")
	}
	code := map[result.Direction]result.Code{result.Lower: "hides_failures", result.Higher: "makes_failures",
		result.NoDifference: "hides_none"}[bad.Finding]
	if *bad.A.Value == 0 && *bad.B.Value == 0 {
		code = "no_failures"
	}
	parts := []result.Finding{{Code: code, Args: result.Args{"by": bad.Difference.In(bad.Unit)}}}
	if from, to := mostFrequent(direct), mostFrequent(proxy); from != "" && to != "" && from != to {
		args := result.Args{"from": from, "to": to, "a": c.A.Label, "b": c.B.Label}
		parts = append(parts, result.Finding{Code: "failures_renamed", Args: args})
	}
	// In loss mode an overflow on the proxy's way is a failure of its client.
	if r := proxy.Reconciliation; proxy.Mode == runfile.Loss && proxy.Overflows != nil && r.Overflows > 0 {
		args := result.Args{"overflows": r.Overflows, "failures": r.ClientFailures}
		parts = append(parts, result.Finding{Code: "overflows_behind_proxy", Args: args})
	}
	return measuredOf(result.Finding{Code: "proxy_hides",
		Args: result.Args{"parts": append(parts, retried(proxy))}}, "bad.rate")
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

// retried is what the proxy's access log shows of repeated tries.
func retried(proxy *result.Lane) result.Finding {
	if !slices.ContainsFunc(proxy.LogClasses,
		func(c result.LogClass) bool { return c.Source == runfile.FromAccessLog }) {
		return result.Finding{Code: "retries_not_measured"}
	}
	var n, ok uint64
	for _, c := range proxy.LogClasses {
		if c.Source == runfile.FromAccessLog && strings.HasSuffix(c.Class, "/retried") {
			n += c.Count
			if strings.HasPrefix(c.Class, "2") {
				ok += c.Count
			}
		}
	}
	if n == 0 {
		return result.Finding{Code: "no_retries"}
	}
	return result.Finding{Code: "retries", Args: result.Args{"requests": n, "ok": ok}}
}

// costs is capacity.
func costs(c *result.Comparison) result.ProxyEffect {
	metrics := []string{"onset.rate", "plateau.rate"}
	var parts []result.Finding
	for _, m := range metrics {
		e := Effect(c, m)
		if e.Finding == result.NotKnown {
			continue
		}
		args := result.Args{"ratio": e.Ratio.Estimate()}
		if e.Finding == result.NoDifference {
			args["least"] = least(*e)
		}
		parts = append(parts, result.Finding{Code: "cost_" + result.Code(m), Args: args})
	}
	if len(parts) == 0 {
		return notMeasured(Effect(c, "onset.rate").Reason, metrics...)
	}
	return measuredOf(result.Finding{Code: "proxy_costs", Args: result.Args{"parts": parts}}, metrics...)
}
