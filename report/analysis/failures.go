package analysis

import (
	"strings"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/analysis/cause"
	"weir/report/runfile"
)

// failures sorts what went wrong, by outcome, into classes by which kind of thing can have caused it. Late
// answers and requests that the run's end canceled are no failures here.
//
// Of a kind that a full accept queue produces are connect_timeout (dropped SYNs), connect_reset and
// reset_before_response (tcp_abort_on_overflow), queue_full (AF_UNIX), and through a proxy the 504s of its
// connect timeouts, the 502s of its resets and full unix sockets, and the clients that did not wait until it
// was connected.
type failures map[loadgen.Class]map[loadgen.Outcome]uint64

func (f failures) add(class loadgen.Class, o loadgen.Outcome, n uint64) {
	if n == 0 {
		return
	}
	if f[class] == nil {
		f[class] = map[loadgen.Outcome]uint64{}
	}
	f[class][o] += n
}

func (f failures) sum(class loadgen.Class) (n uint64) {
	for _, k := range f[class] {
		n += k
	}
	return n
}

// failures of one trial. Without a proxy's log every 504 that did not take as
// long as its read timeout may have been a connect timeout, and no 502 can
// be told from a killed worker's, so the 504s count as overflow's and the 502s do not.
func (r *run) failures(t *trial) failures {
	f := failures{}
	for o, n := range t.figures.outcomes {
		full := uint64(0) // of which more is known than their outcome: a full queue caused them
		switch o {
		case loadgen.ConnectReset, loadgen.ResetBeforeResponse:
			if r.aborts(t.lane) {
				full = n
			}
		case loadgen.HTTP504, loadgen.HTTP502:
			full = min(n, r.logged(t, o, n))
		case loadgen.ResponseTimeout:
			full = min(n, r.unconnected(t))
		}
		f.add(loadgen.ByQueue, o, full)
		if class := o.Kind().Class; class != loadgen.Unfailed {
			f.add(class, o, n-full)
		}
	}
	return f
}

// unconnected is how many of a trial's clients gave up while the proxy was still connecting to the backend,
// by its access log: their requests did not wait in the queue, they had no place in it. Health checks that
// failed pass the same log, and are taken off.
func (r *run) unconnected(t *trial) uint64 {
	var n, checks uint64
	for _, e := range r.eventsOf(t) {
		switch {
		case e.Source != runfile.FromAccessLog:
			if e.Source == runfile.FromHealth && e.Class == runfile.CheckFailed {
				checks += e.Count
			}
		case strings.HasPrefix(e.Class, "499/") && strings.Contains(e.Class, "/connect"):
			n += e.Count
		}
	}
	return n - min(n, checks)
}

// logged is how many of a trial's n answers with 502 or 504 the proxy's log, or else how long they took, lays
// to a full queue.
func (r *run) logged(t *trial, o loadgen.Outcome, n uint64) uint64 {
	errors, access := r.log(t)
	if o == loadgen.HTTP502 {
		full := errors[nginxlog.UnixQueueFull]
		if r.aborts(t.lane) {
			full += errors[nginxlog.ConnectReset] + errors[nginxlog.RecvReset]
		}
		return full
	}
	switch {
	case len(access) > 0: // one line a request, where a retried request has several in the error log
		var connect uint64
		for class, k := range access {
			if strings.HasPrefix(class, "504/") && strings.Contains(class, "/connect") {
				connect += k
			}
		}
		return connect
	case len(errors) > 0:
		return errors[nginxlog.ConnectTimeout]
	case t.lane.expired != nil && t.lane.expired.Directive == cause.ReadTimeout:
		return 0
	}
	return n
}

// aborts reports whether the backend's kernel may answer a final ACK that meets a full queue with a reset:
// unless its net.ipv4.tcp_abort_on_overflow is known to be 0. Then resets have another origin.
func (r *run) aborts(l *lane) bool {
	return strings.TrimSpace(r.header.Environment[l.ListenerHost+": net.ipv4.tcp_abort_on_overflow"]) != "0"
}

// log counts the lines that NGINX wrote while the trial ran, by class.
func (r *run) log(t *trial) (errors, access map[string]uint64) {
	errors, access = map[string]uint64{}, map[string]uint64{}
	for _, e := range r.eventsOf(t) {
		switch e.Source {
		case runfile.FromErrorLog:
			errors[e.Class] += e.Count
		case runfile.FromAccessLog:
			access[e.Class] += e.Count
		}
	}
	return errors, access
}

// eventsOf returns what was logged from the trial's start until the next trial's. What a direct lane does
// passes no proxy, so a line belongs to the lane whose trial was running.
func (r *run) eventsOf(t *trial) []runfile.Event {
	from := search(r.events, func(e runfile.Event) bool { return e.At >= t.Start.Truncate(runfile.BinWidth) })
	to := search(r.events, func(e runfile.Event) bool { return e.At >= t.until.Truncate(runfile.BinWidth) })
	return r.events[from:max(from, to)]
}

// allFailures adds up the lane's failures.
func (r *run) allFailures(l *lane) failures {
	sum := failures{}
	for _, t := range l.trials {
		for class, outcomes := range r.failures(t) {
			for o, n := range outcomes {
				sum.add(class, o, n)
			}
		}
	}
	return sum
}
