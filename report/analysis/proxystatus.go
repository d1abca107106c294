package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"weir/report/result"
	"weir/report/runfile"

	"weir/probe/nginxstatus"
)

// statusPolls are those of one NGINX.
type statusPolls struct {
	answered   []statusPoll
	unanswered []time.Duration
}

// statusPoll is one that was answered.
type statusPoll struct {
	at time.Duration
	nginxstatus.Status
}

func (s *statusPolls) sort() {
	slices.Sort(s.unanswered)
	slices.SortStableFunc(s.answered, func(a, b statusPoll) int { return cmp.Compare(a.at, b.at) })
}

// poll keeps one, by the host of its NGINX.
func (p *proxyLogs) poll(rec *runfile.ProxyStatus) error {
	polls := p.status[rec.Host]
	if polls == nil {
		if len(p.status) == maxHosts {
			return fmt.Errorf("more than %d hosts", maxHosts)
		}
		if p.status == nil {
			p.status = map[string]*statusPolls{}
		}
		polls = &statusPolls{}
		p.status[rec.Host] = polls
	}
	if len(polls.answered)+len(polls.unanswered) >= maxRecords {
		return fmt.Errorf("more than %d polls of one NGINX", maxRecords)
	}
	if rec.Status == nil {
		polls.unanswered = append(polls.unanswered, rec.At)
	} else {
		polls.answered = append(polls.answered, statusPoll{rec.At, *rec.Status})
	}
	return nil
}

// statusOf is the status of the NGINX that the lane leads through: of the one that logged its requests, or of the
// only one where none has an access log. nil: there is none.
func (r *run) statusOf(l *lane) *statusPolls {
	of := trialsByID(l)
	logged := false
	for _, a := range r.proxy.access {
		if of[a.TrialStart] != nil && a.Requests > 0 {
			return r.proxy.status[a.Host]
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
			out.Active, out.Reading = max(out.Active, p.Active), max(out.Reading, p.Reading)
			out.Writing, out.Waiting = max(out.Writing, p.Writing), max(out.Waiting, p.Waiting)
		}
		a, b, ok := polls.bracket(t)
		if counted = counted && ok; counted {
			accepted, handled, requested = accepted+b.Accepts-a.Accepts, handled+b.Handled-a.Handled, requested+b.Requests-a.Requests
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
	return a, b, b.Accepts >= a.Accepts && b.Handled >= a.Handled && b.Requests >= a.Requests
}

// doubtProxyStatus warns of what NGINX itself could not take.
func (r *run) doubtProxyStatus() {
	for _, l := range r.lanes {
		p := r.proxyStatus(l)
		if p == nil {
			continue
		}
		if p.Accepted != nil && *p.Handled < *p.Accepted {
			r.warn("nginx_dropped", l.Name, result.Args{"n": *p.Accepted - *p.Handled})
		}
		if p.Failed > 0 {
			r.warn("nginx_status_gaps", l.Name, result.Args{"failed": p.Failed, "polls": p.Failed + p.Polls})
		}
	}
}
