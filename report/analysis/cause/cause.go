// Package cause names why a lane's requests failed, and how far that is proved. Its opinion is that a wrong
// cause is worse than none: what the record cannot prove is "undetermined", with what was seen as evidence.
//
// It reads like a manual. Failures are sorted into classes by which kind of thing can have caused them. Each
// class has a table of rules, and the first rule that holds is its cause; the order of a table is part of
// what it says. A rule asks Facts alone, names a code, a sentence of package words, and what proves it. To
// add a cause: a constant in package result, its claim and its sentence in words, and a row here, with a test
// that is a literal of Facts.
//
// It is no place for a record, a clock or a sentence.
package cause

import (
	"cmp"
	"slices"

	"weir/loadgen"
	"weir/report/result"
)

// A rule says what it is when something is the case, in which sentence, and what proves it.
type rule struct {
	when  func(*matter) bool
	code  result.CauseCode
	say   result.Code         // "": nothing is to be said
	proof func(*matter) proof // nil: nothing but what is always shown
}

// always ends every table.
func always(*matter) bool { return true }

// proof is how far up the evidence ladder something is shown, and by what.
type proof struct {
	level int
	found []result.Finding
}

func (p proof) and(found ...result.Finding) proof {
	p.found = append(p.found, found...)
	return p
}

// ladder has the names of its steps. One run climbs to the second; the third and fourth need runs that differ
// in what is claimed to matter, and are never claimed from one.
var ladder = [...]string{"none", "order", "accounting", "dose-response", "intervention"}

// manual has the rules of each class.
var manual = []struct {
	class loadgen.Class
	rules []rule
}{
	{loadgen.ByQueue, queueRules},
	{loadgen.ByLateness, lateRules},
	{loadgen.ByGenerator, generatorRules},
	{loadgen.ByRefusal, refusedRules},
	{loadgen.ByProxy, proxyRules},
	{loadgen.ByServer, serverRules},
	{loadgen.ByClosing, closedRules},
	{loadgen.BySlowness, slowRules},
	{loadgen.ByKeepAliveRace, racedRules},
}

// Of names the cause of most of a lane's failures, and that of each class by itself, the most frequent first.
func Of(f Facts) (result.Cause, []result.ClassCause) {
	each := []result.ClassCause{}
	for _, of := range manual {
		if m := newMatter(&f, of.class); m.n > 0 {
			each = append(each, result.ClassCause{Class: of.class, Requests: m.n, Cause: m.judge(of.rules)})
		}
	}
	if len(each) == 0 {
		return newMatter(&f, "").judge(noFailureRules), each
	}
	slices.SortStableFunc(each, func(a, b result.ClassCause) int {
		return cmp.Compare(b.Requests, a.Requests)
	})
	return leading(each), each
}

// matter is one class of a lane's failures, beside all that is known of the lane.
type matter struct {
	*Facts
	class  loadgen.Class
	failed Failures
	n      uint64  // requests that failed
	log    account // what the proxy's error log says of them
}

func newMatter(f *Facts, class loadgen.Class) *matter {
	m := &matter{Facts: f, class: class, failed: f.Classes[class]}
	for _, n := range m.failed.Outcomes {
		m.n += n
	}
	m.log = readLog(f.Proxy.Errors, logCauses[class], m.n)
	return m
}

// explained is the share of the failures for which a counter must account before it is called their cause.
const explained = 0.9

// explains reports whether a count accounts for the class's failures; not if it is not known.
func (m *matter) explains(count *uint64) bool { return float64(value(count)) >= explained*float64(m.n) }

// some reports whether a count accounts for more than a few of the class's failures.
func (m *matter) some(count uint64) bool { return float64(count) >= (1-explained)*float64(m.n) }

// mostly reports whether more than half of the class's failures ended so.
func (m *matter) mostly(o loadgen.Outcome) bool { return 2*m.failed.Outcomes[o] > m.n }

// judge applies the first rule that holds. Of a full queue it asks why it was full as well.
func (m *matter) judge(rules []rule) result.Cause {
	r := m.first(rules)
	args, p := m.args(), m.proved(r)
	c := result.Cause{Code: r.code, EvidenceLevel: p.level, EvidenceName: ladder[p.level]}
	c.Evidence = append(m.counters(), p.found...)
	if r.code == result.AcceptQueueOverflow {
		why := m.first(fullRules)
		c.Code = why.code
		c.Evidence = append(c.Evidence, m.proved(why).found...)
		args["why"] = result.Found(why.say, m.args())
	}
	if m.Proxy.Expired != nil && (m.class == loadgen.ByQueue || m.class == loadgen.ByProxy) {
		c.Evidence = append(c.Evidence, m.expired())
	}
	c.Text = result.Found(r.say, args)
	return c
}

func (m *matter) first(rules []rule) rule {
	return rules[slices.IndexFunc(rules, func(r rule) bool { return r.when(m) })]
}

func (m *matter) proved(r rule) proof {
	if r.proof == nil {
		return proof{}
	}
	return r.proof(m)
}

// leading is the cause that most of the failures have, classes of one cause together, as it is put for the
// most frequent of them. How many failures have another is said with it.
func leading(each []result.ClassCause) result.Cause {
	var total uint64
	of := map[result.CauseCode]uint64{}
	for _, c := range each {
		total += c.Requests
		if c.Cause.Code != result.Undetermined { // classes of which nothing is known need not have one cause
			of[c.Cause.Code] += c.Requests
		}
	}
	weight := func(c result.ClassCause) uint64 { return max(c.Requests, of[c.Cause.Code]) }
	first := slices.MaxFunc(each, func(a, b result.ClassCause) int {
		return cmp.Compare(weight(a), weight(b))
	})
	out, n := first.Cause, weight(first)
	if n == total {
		return out
	}
	share := result.Found("evidence_share", result.Args{"n": n, "total": total})
	out.Evidence = append(slices.Clone(out.Evidence), share)
	if float64(n) >= explained*float64(total) {
		return out
	}
	var others []result.Finding
	for _, c := range each {
		if c.Cause.Code != out.Code || out.Code == result.Undetermined && c.Class != first.Class {
			args := result.Args{"n": c.Requests, "code": string(c.Cause.Code)}
			others = append(others, result.Found("cause_share", args))
		}
	}
	args := result.Args{"cause": out.Text, "n": n, "total": total, "others": others}
	out.Text = result.Found("cause_of_most", args)
	return out
}

// noFailureRules are for a lane in which nothing went wrong.
var noFailureRules = []rule{
	{noOverflow, result.NoFailure, "nothing_failed", nil},
	{droppedNothing, result.NoFailure, "nothing_failed_another_listener", nil},
	{dropsNotKnown, result.NoFailure, "nothing_failed_perhaps_another_listener", nil},
	{canceled, result.NoFailure, "nothing_failed_yet", nil},
	{always, result.NoFailure, "nothing_failed_hidden", nil},
}

func noOverflow(m *matter) bool     { return value(m.Kernel.Namespace) == 0 || m.Queue.Unix }
func droppedNothing(m *matter) bool { return m.Kernel.Drops != nil && *m.Kernel.Drops == 0 }
func dropsNotKnown(m *matter) bool  { return m.Kernel.Drops == nil }
func canceled(m *matter) bool       { return m.Outcomes[loadgen.Canceled] > 0 }

func value(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}
