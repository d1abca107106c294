package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"weir/loadgen"
	"weir/probe/nginxstatus"
	"weir/report/analysis/cause"
	"weir/report/result"
	"weir/report/runfile"
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

// statusOf is the status of the NGINX that the lane leads through: of the one that logged its requests, or of
// the only one where none has an access log. nil: there is none.
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
		out.Failed += uint64(len(between(polls.unanswered, t,
			func(at time.Duration) time.Duration { return at })))
		for _, p := range between(polls.answered, t, func(p statusPoll) time.Duration { return p.at }) {
			out.Polls++
			out.Active, out.Reading = max(out.Active, p.Active), max(out.Reading, p.Reading)
			out.Writing, out.Waiting = max(out.Writing, p.Writing), max(out.Waiting, p.Waiting)
		}
		a, b, ok := polls.bracket(t)
		if counted = counted && ok; counted {
			accepted, handled, requested = accepted+b.Accepts-a.Accepts, handled+b.Handled-a.Handled,
				requested+b.Requests-a.Requests
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

// bracket returns the last answered poll before the trial and the first after its end, or the last of all.
// What lies between a trial and those belongs to nobody, so that polls of twice a second do well. It answers
// false where there are none, or the counters went back because NGINX was restarted.
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

// proxyTimeouts is nil where the record has none.
func (l *lane) proxyTimeouts() *result.ProxyTimeouts {
	p := l.Proxy
	if p == nil {
		return nil
	}
	connect, read := positive(p.Connect.Seconds()), positive(p.Read.Seconds())
	return &result.ProxyTimeouts{Connect: connect, Read: read, Source: p.Source}
}

// expiredShare of the 504s has to have taken as long as a timeout before they are called that timeout's.
const expiredShare = 0.9

// expiry says which timeout of the proxy its 504s are, by how long those that were sampled took: NGINX
// answers as soon as one is over. Nil where the two are too alike, or where most took neither's time.
func (r *run) expiry(l *lane) *cause.Expired {
	p := l.Proxy
	if p == nil || alike(p.Connect, p.Read) {
		return nil
	}
	of := trialsByID(l)
	connect := cause.Expired{Directive: cause.ConnectTimeout, After: p.Connect, Source: p.Source}
	read := cause.Expired{Directive: cause.ReadTimeout, After: p.Read, Source: p.Source}
	for key, f := range r.proxy.failures {
		if f.Outcome != loadgen.HTTP504 || of[key.trialStart] == nil {
			continue
		}
		for _, e := range []*cause.Expired{&connect, &read} {
			if e.Sampled++; alike(e.After, f.Done-f.Sent) {
				e.Alike++
			}
		}
	}
	for _, e := range []*cause.Expired{&connect, &read} {
		if e.Sampled > 0 && float64(e.Alike) >= expiredShare*float64(e.Sampled) {
			return e
		}
	}
	return nil
}

// alike reports whether an answer after so long may be that timeout's: it fires when it is over, and then the
// answer has to come back, for both of which a loaded machine takes its time.
func alike(timeout, took time.Duration) bool {
	return timeout > 0 && took >= timeout-timeout/100 && took <= timeout+timeout/10+50*time.Millisecond
}
