package compare

import (
	"reflect"
	"slices"

	"weir/report/result"
	"weir/report/runfile"
)

// Mismatch is something that should be the same in both arms and is not. A and B are what it is in each, as
// the arguments of a finding are; nil or "" is not known.
type Mismatch struct {
	Code result.Code
	A, B any
}

// Args are what a sentence about the mismatch names: what it is, and what it is in both arms.
func (m Mismatch) Args() result.Args {
	return result.Args{"what": result.Finding{Code: "part_" + m.Code}, "a": m.A, "b": m.B}
}

// mismatches gathers what differs.
type mismatches []Mismatch

func (list *mismatches) differ(code result.Code, a, b any) {
	if !reflect.DeepEqual(a, b) {
		*list = append(*list, Mismatch{code, a, b})
	}
}

// Places lists how the circumstances of two runs differ, as far as they matter to the lanes that are
// compared: requests that pass no proxy do not care which one stood by.
func Places(a, b *result.Analysis, lanes ...*result.Lane) []Mismatch {
	var list mismatches
	proxied := slices.ContainsFunc(lanes, func(l *result.Lane) bool { return l != nil && l.ThroughProxy() })
	for _, fact := range []string{"kernel", "cpu", "cpus", "arch", "proxy", "backend", "lab"} {
		if fact != "proxy" || proxied {
			list.differ(result.Code(fact), a.Environment[fact], b.Environment[fact])
		}
	}
	list.differ("version", a.Version, b.Version)
	return list
}

// Loads lists how two lanes were loaded differently. What one of the records does not say is not known to
// differ.
func Loads(a, b *result.Lane) []Mismatch {
	var list mismatches
	list.differ("engine", a.Engine, b.Engine)
	list.differ("mode", a.Mode, b.Mode)
	list.differ("connections", a.Connections.Use, b.Connections.Use)
	list.differ("deadline", seconds(a.Deadline), seconds(b.Deadline))
	list.differ("connect_timeout", seconds(a.ConnectTimeout), seconds(b.ConnectTimeout))
	list.differ("timeout", seconds(a.Timeout), seconds(b.Timeout))
	list.differ("max_in_flight", a.MaxInFlight, b.MaxInFlight)
	if x, y := a.ProxyTimeouts, b.ProxyTimeouts; x != nil && y != nil {
		list.differ("proxy_connect_timeout", maybe(x.Connect), maybe(y.Connect))
		list.differ("proxy_read_timeout", maybe(x.Read), maybe(y.Read))
	}
	if x, y := a.Options, b.Options; x != nil && y != nil {
		list.settings(x, y)
	}
	list.differ("backlog", a.BacklogLimit, b.BacklogLimit)
	if !samePlan(a, b) {
		list = append(list, Mismatch{"plan", offer(a), offer(b)})
	}
	return list
}

// settings lists how two generators were set differently.
func (list *mismatches) settings(x, y *result.Options) {
	list.differ("close", x.Close, y.Close)
	list.differ("requests_per_connection", bound(x.RequestsPerConnection), bound(y.RequestsPerConnection))
	list.differ("idle_timeout", seconds(x.IdleTimeout), seconds(y.IdleTimeout))
	list.differ("max_idle", bound(x.MaxIdle), bound(y.MaxIdle))
	if !slices.Equal(x.LocalAddrs, y.LocalAddrs) {
		list.differ("local_addr", addresses(x.LocalAddrs), addresses(y.LocalAddrs))
	}
	list.differ("max_body", x.MaxBody, y.MaxBody)
	list.differ("request_ids", choice(x.RequestIDs, "set_sent", "set_not_sent"),
		choice(y.RequestIDs, "set_sent", "set_not_sent"))
	list.differ("insecure", choice(x.Insecure, "set_none", "set_usual"),
		choice(y.Insecure, "set_none", "set_usual"))
	list.differ("requests", x.Requests, y.Requests)
	list.differ("wake_quantum", seconds(x.WakeQuantum), seconds(y.WakeQuantum))
}

// seconds is a time that was set.
func seconds(s float64) any { return result.Finding{Code: "set_time", Args: result.Args{"seconds": s}} }

// maybe is one that may not be known.
func maybe(s *float64) any {
	if s == nil {
		return nil
	}
	return seconds(*s)
}

func choice(yes bool, code, otherwise result.Code) result.Finding {
	if yes {
		return result.Finding{Code: code}
	}
	return result.Finding{Code: otherwise}
}

// bound is a number of which 0 is none.
func bound(n int) any {
	if n == 0 {
		return result.Finding{Code: "set_none"}
	}
	return n
}

// addresses are the first of some own addresses, with the number of the rest.
func addresses(all []string) result.Finding {
	const shown = 3
	if len(all) == 0 {
		return result.Finding{Code: "set_kernels_choice"}
	}
	args := result.Args{"addresses": all[:min(len(all), shown)]}
	if more := len(all) - shown; more > 0 {
		args["more"] = more
	}
	return result.Finding{Code: "set_addresses", Args: args}
}

// warnings are all reasons to read a comparison with care.
func warnings(a *result.Analysis, la *result.Lane, b *result.Analysis, lb *result.Lane) []result.ArmWarning {
	list := []result.ArmWarning{}
	same := a == b
	for i, run := range []*result.Analysis{a, b} {
		if same && i > 0 {
			break
		}
		args := result.Args{}
		if !same {
			args["arm"] = []string{"A", "B"}[i]
		}
		if !run.Valid {
			args["reasons"] = run.InvalidReasons
			list = append(list, result.ArmWarning{Code: "invalid",
				Text: result.Finding{Code: "invalid", Args: args}})
		}
		if run.Ended.How != runfile.Complete {
			args["ended"] = run.Ended.String()
			list = append(list, result.ArmWarning{Code: "ended",
				Text: result.Finding{Code: "arm_ended", Args: args}})
		}
	}
	var differ []Mismatch
	if !same {
		if x, y := la.SendLag.P99, lb.SendLag.P99; x != nil && y != nil && max(*x, *y) >= blurring {
			late := result.Finding{Code: "arms_sent_late", Args: result.Args{"a": *x, "b": *y}}
			list = append(list, result.ArmWarning{Code: "send_lag", Text: late})
		}
		differ = Places(a, b, la, lb)
	}
	for _, m := range append(differ, Loads(la, lb)...) {
		list = append(list, m.warning())
	}
	return list
}

func (m Mismatch) warning() result.ArmWarning {
	return result.ArmWarning{Code: m.Code, Text: result.Finding{Code: "arms_differ", Args: m.Args()}}
}

// blurring, in seconds, is from how late 1 % of the requests left the generator on that is worth a warning,
// as for one run. It is the machine's lateness, and a server that runs on the same machine is delayed too.
const blurring = 1e-3

// offer is what was offered, as far as it decides whether two runs can be compared: how often, how long, at
// which rates, in their order of time, and how evenly.
func offer(l *result.Lane) result.Finding {
	if len(l.Trials) == 0 {
		return result.Finding{Code: "no_trial"}
	}
	first, last := l.Trials[0], l.Trials[len(l.Trials)-1]
	sum := 0.0
	for _, t := range l.Trials {
		sum += t.MeanRate()
	}
	args := result.Args{
		"trials": len(l.Trials), "lasts": first.Duration, "from": first.MeanRate(), "to": last.MeanRate(),
		"mean": sum / float64(len(l.Trials)), "arrivals": first.Arrival,
	}
	if low, high := first.Rates(); low != high {
		const shown = 4
		var stages []result.Finding
		for _, s := range first.Stages[:min(len(first.Stages), shown)] {
			stages = append(stages, result.Finding{Code: "offer_stage",
				Args: result.Args{"from": s.From, "to": s.To, "lasts": s.Duration}})
		}
		args["stages"] = stages
	}
	return result.Finding{Code: "offer", Args: args}
}

// samePlan reports whether two lanes were offered the same. Rates that are measured from the server differ a
// little from run to run; what pairs of trials accept for equal is no other plan.
func samePlan(a, b *result.Lane) bool {
	return slices.EqualFunc(a.Trials, b.Trials, func(x, y result.Trial) bool {
		return x.Arrival == y.Arrival && sameStages(&x, &y) && alike(x.MeanRate(), y.MeanRate()) &&
			alike(x.Duration, y.Duration)
	})
}

// sameStages reports whether the offered rate took the same course.
func sameStages(x, y *result.Trial) bool {
	return slices.EqualFunc(x.Stages, y.Stages, func(s, t result.Stage) bool {
		return alike(s.From, t.From) && alike(s.To, t.To) && alike(s.Duration, t.Duration)
	})
}
