package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weir/report/result"
	"weir/report/runfile"
)

// Mismatch is something that should be the same in both arms and is not. What is not known is "".
type Mismatch struct {
	Code       result.Code
	What, A, B string
}

// Places lists how the circumstances of two runs differ, as far as they matter to the lanes that are compared: requests that pass
// no proxy do not care which one stood by.
func Places(a, b *result.Analysis, lanes ...*result.Lane) (list []Mismatch) {
	proxied := slices.ContainsFunc(lanes, func(l *result.Lane) bool { return l != nil && l.ThroughProxy() })
	for _, fact := range []struct{ key, name string }{
		{"kernel", "kernel"}, {"cpu", "processor"}, {"cpus", "number of processors"}, {"arch", "architecture"},
		{"proxy", "proxy"}, {"backend", "backend"}, {"lab", "place"},
	} {
		if fact.key != "proxy" || proxied {
			list = differ(list, result.Code(fact.key), fact.name, a.Environment[fact.key], b.Environment[fact.key])
		}
	}
	return differ(list, "version", "version of weir", a.Version, b.Version)
}

// Loads lists how two lanes were loaded differently.
func Loads(a, b *result.Lane) (list []Mismatch) {
	list = differ(list, "engine", "engine", a.Engine, b.Engine)
	list = differ(list, "mode", "mode", a.Mode, b.Mode)
	list = differ(list, "connections", "use of connections", a.Connections.Use, b.Connections.Use)
	list = differ(list, "deadline", "deadline", seconds(a.Deadline), seconds(b.Deadline))
	list = differ(list, "connect_timeout", "connect timeout", seconds(a.ConnectTimeout), seconds(b.ConnectTimeout))
	if a.Timeout > 0 && b.Timeout > 0 { // else one is of a report that does not have it
		list = differ(list, "timeout", "timeout", seconds(a.Timeout), seconds(b.Timeout))
		list = differ(list, "max_in_flight", "limit in flight", fmt.Sprint(a.MaxInFlight), fmt.Sprint(b.MaxInFlight))
	}
	if x, y := a.ProxyTimeouts, b.ProxyTimeouts; x != nil && y != nil {
		list = differ(list, "proxy_connect_timeout", "proxy's connect timeout", timeout(x.Connect), timeout(y.Connect))
		list = differ(list, "proxy_read_timeout", "proxy's read timeout", timeout(x.Read), timeout(y.Read))
	}
	list = append(list, settings(a, b)...)
	list = differ(list, "backlog", "backlog limit", depth(a.BacklogLimit), depth(b.BacklogLimit))
	if !samePlan(a, b) {
		list = append(list, Mismatch{"plan", "plan", offer(a), offer(b)})
	}
	return list
}

func differ(list []Mismatch, code result.Code, what, a, b string) []Mismatch {
	if a != b {
		list = append(list, Mismatch{code, what, cmp.Or(a, "not known"), cmp.Or(b, "not known")})
	}
	return list
}

// doubts are all reasons to read a comparison with care.
func doubts(a *result.Analysis, la *result.Lane, b *result.Analysis, lb *result.Lane) []result.Warning {
	list := []result.Warning{}
	runs := []struct {
		label string
		run   *result.Analysis
	}{{"A", a}, {"B", b}}
	same := a == b
	for i, r := range runs {
		who := r.label + " is"
		arm := result.Args{"arm": r.label}
		if same {
			who, arm = "the run is", result.Args{}
		}
		if same && i > 0 {
			continue
		}
		if !r.run.Valid {
			arm["reasons"] = r.run.InvalidReasons
			list = append(list, result.Warning{Code: "invalid", Args: arm})
		}
		if r.run.Ended.How != runfile.Complete {
			list = append(list, result.Warning{Code: "ended", Text: who + " not complete: " + r.run.Ended.String()})
		}
	}
	if late := lateness(la, lb); late != "" && !same {
		list = append(list, result.Warning{Code: "send_lag", Text: late})
	}
	mismatches := Loads(la, lb)
	if !same {
		mismatches = append(Places(a, b, la, lb), mismatches...)
	}
	for _, m := range mismatches {
		list = append(list, result.Warning{Code: m.Code, Text: fmt.Sprintf("the %s differs: %s against %s", m.What, m.A, m.B)})
	}
	return list
}

// blurring, in seconds, is from how late 1 % of the requests left the generator on that is a doubt, as for one run.
const blurring = 1e-3

// lateness says how late the arms' generators were, "" where it is not worth a word. It is the machine's, and the server that runs on
// it is delayed too.
func lateness(a, b *result.Lane) string {
	x, y := a.SendLag.P99, b.SendLag.P99
	if x == nil || y == nil || max(*x, *y) < blurring {
		return ""
	}
	return fmt.Sprintf("1 %% of the requests left A's generator over %.3g ms late, B's over %.3g ms: percentiles above the median may differ by what their machines did meanwhile", 1e3**x, 1e3**y)
}

func seconds(s float64) string { return fmt.Sprintf("%.4g s", s) }

func depth(n *uint32) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// offer is what was offered, as far as it decides whether two runs can be compared: how often, how long, at which
// rates, in their order of time, and how evenly. Rates that are measured from the server differ a little from run to run; what pairs
// of trials accept for equal is no other plan.
func offer(l *result.Lane) string {
	if len(l.Trials) == 0 {
		return "no trial"
	}
	first, last := l.Trials[0], l.Trials[len(l.Trials)-1]
	sum := 0.0
	for _, t := range l.Trials {
		sum += t.MeanRate()
	}
	words := fmt.Sprintf("%d trials of %.4g s from %.4g to %.4g req/s, %.4g on average", len(l.Trials), first.Duration, first.MeanRate(), last.MeanRate(), sum/float64(len(l.Trials)))
	if low, high := first.Rates(); low != high {
		words += ", the first"
		const shown = 4
		for _, s := range first.Stages[:min(len(first.Stages), shown)] {
			words += fmt.Sprintf(" from %.4g to %.4g in %.4g s,", s.From, s.To, s.Duration)
		}
		words = strings.TrimSuffix(words, ",")
	}
	if first.Arrival != "" {
		words += ", " + first.Arrival + " arrivals"
	}
	return words
}

// samePlan reports whether two lanes were offered the same within what pairs accept.
func samePlan(a, b *result.Lane) bool {
	return slices.EqualFunc(a.Trials, b.Trials, func(x, y result.Trial) bool {
		return x.Arrival == y.Arrival && sameStages(&x, &y) && alike(x.MeanRate(), y.MeanRate()) && alike(x.Duration, y.Duration)
	})
}

// sameStages reports whether the offered rate took the same course.
func sameStages(x, y *result.Trial) bool {
	return slices.EqualFunc(x.Stages, y.Stages, func(s, t result.Stage) bool {
		return alike(s.From, t.From) && alike(s.To, t.To) && alike(s.Duration, t.Duration)
	})
}

func timeout(s *float64) string {
	if s == nil {
		return ""
	}
	return seconds(*s)
}
