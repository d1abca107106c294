package analysis

import (
	"cmp"
	"slices"
	"time"

	"weir/report/result"

	"weir/probe"
	"weir/probe/nginxstatus"
)

// statusPoll is one answered poll of NGINX's stub_status.
type statusPoll struct {
	at                          time.Duration
	active, reading             uint64
	writing, waiting            uint64
	accepts, handled, requested uint64
}

// statusPolls are those of one NGINX.
type statusPolls struct {
	answered   []statusPoll
	unanswered []time.Duration
}

func (s *statusPolls) sort() {
	slices.Sort(s.unanswered)
	slices.SortStableFunc(s.answered, func(a, b statusPoll) int { return cmp.Compare(a.at, b.at) })
}

// addStatus keeps a sample that is a poll, and answers false for any other.
func (p *proxyLogs) addStatus(s *probe.Sample) bool {
	active, ok := s.Gauges[nginxstatus.Active]
	failed := !ok && len(s.Errors) > 0 && s.Errors[0].Source == nginxstatus.Source
	if !ok && !failed || p.status[s.Host] == nil && len(p.status) == maxHosts {
		return false
	}
	if p.status == nil {
		p.status = map[string]*statusPolls{}
	}
	polls := p.status[s.Host]
	if polls == nil {
		polls = &statusPolls{}
		p.status[s.Host] = polls
	}
	if failed {
		polls.unanswered = append(polls.unanswered, s.At)
	} else {
		polls.answered = append(polls.answered, statusPoll{
			s.At, active, s.Gauges[nginxstatus.Reading], s.Gauges[nginxstatus.Writing], s.Gauges[nginxstatus.Waiting],
			s.Counters[nginxstatus.Accepts], s.Counters[nginxstatus.Handled], s.Counters[nginxstatus.Requests],
		})
	}
	return true
}

// statusOf is the status of the NGINX that the lane leads through: of the one that logged its requests, or of the
// only one where none has an access log. nil: there is none.
func (r *run) statusOf(l *lane) *statusPolls {
	of := trialsByID(l)
	logged := false
	for _, a := range r.proxy.access {
		if of[a.TrialStart] != nil && a.Requests > 0 {
			return r.proxy.status[nginxstatus.SampleHost(a.Host)]
		}
		logged = logged || a.Requests > 0
	}
	if !logged && len(r.proxy.status) == 1 {
		for _, s := range r.proxy.status {
			return s
		}
	}
	return nil
}

// proxyStatus sums up the polls during the lane's trials; nil where there were none.
func (r *run) proxyStatus(l *lane) *result.ProxyStatus {
	polls := r.statusOf(l)
	if polls == nil {
		return nil
	}
	out := &result.ProxyStatus{}
	counted := true
	var accepted, handled, requested uint64
	for _, t := range l.trials {
		out.Failed += uint64(len(between(polls.unanswered, t, func(at time.Duration) time.Duration { return at })))
		for _, p := range between(polls.answered, t, func(p statusPoll) time.Duration { return p.at }) {
			out.Polls++
			out.Active, out.Reading = max(out.Active, p.active), max(out.Reading, p.reading)
			out.Writing, out.Waiting = max(out.Writing, p.writing), max(out.Waiting, p.waiting)
		}
		a, b, ok := polls.bracket(t)
		if counted = counted && ok; counted {
			accepted, handled, requested = accepted+b.accepts-a.accepts, handled+b.handled-a.handled, requested+b.requested-a.requested
		}
	}
	if out.Polls+out.Failed == 0 {
		return nil
	}
	if counted {
		out.Accepted, out.Handled, out.Requested = &accepted, &handled, &requested
	}
	return out
}

// between returns the polls from the trial's start until the next trial's.
func between[T any](polls []T, t *trial, at func(T) time.Duration) []T {
	from := search(polls, func(p T) bool { return at(p) >= t.Start })
	to := search(polls, func(p T) bool { return at(p) >= t.until })
	return polls[from:max(from, to)]
}

// bracket returns the last answered poll before the trial and the first after its end, or the last of all. What
// lies between a trial and those belongs to nobody, so that polls of twice a second do well. It answers false
// where there are none, or the counters went back because NGINX was restarted.
func (s *statusPolls) bracket(t *trial) (a, b statusPoll, ok bool) {
	answered := s.answered
	first := search(answered, func(p statusPoll) bool { return p.at > t.Start }) - 1
	if first < 0 || t.end == nil {
		return a, b, false
	}
	last := search(answered, func(p statusPoll) bool { return p.at >= t.end.End })
	if last == len(answered) || answered[last].at > t.until {
		last--
	}
	if last <= first {
		return a, b, false
	}
	a, b = answered[first], answered[last]
	return a, b, b.accepts >= a.accepts && b.handled >= a.handled && b.requested >= a.requested
}

// doubtProxyStatus warns of what NGINX itself could not take.
func (r *run) doubtProxyStatus() {
	for _, l := range r.lanes {
		p := r.proxyStatus(l)
		if p == nil {
			continue
		}
		if p.Accepted != nil && *p.Handled < *p.Accepted {
			r.warn("nginx_dropped", "%s: NGINX accepted %d connections and dropped them at once, for want of worker_connections or of descriptors: its own limit, not the backend's.", l.Name, *p.Accepted-*p.Handled)
		}
		if p.Failed > 0 {
			r.warn("nginx_status_gaps", "%s: %d of %d polls of NGINX's status were not answered.", l.Name, p.Failed, p.Failed+p.Polls)
		}
	}
}
