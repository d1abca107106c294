package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/result"
	"weir/report/runfile"
)

// proxyLogs are what a proxy's access log and its status said, and the failures that it may say something of.
type proxyLogs struct {
	access   []runfile.Access
	requests map[requestKey]*runfile.Proxied
	failures map[requestKey]loadgen.Result
	status   map[string]*statusPolls // by what their samples go under
}

// requestKey names a request as X-Request-Id does: by its trial's start in whole milliseconds and its
// position.
type requestKey struct {
	trialStart time.Duration
	seq        int
}

// maxProxied bounds the single requests that are kept: examples, not counts.
const maxProxied = 1 << 17

func (p *proxyLogs) failure(t *trial, f *runfile.Failure) {
	if p.failures == nil {
		p.failures = map[requestKey]loadgen.Result{}
	}
	if len(p.failures) < maxProxied {
		p.failures[requestKey{t.idStart(), f.Result.Seq}] = f.Result
	}
}

func (p *proxyLogs) request(r *runfile.Proxied) {
	if p.requests == nil {
		p.requests = map[requestKey]*runfile.Proxied{}
	}
	if len(p.requests) < maxProxied {
		p.requests[requestKey{r.TrialStart, r.Seq}] = r
	}
}

// idStart is the trial's start as X-Request-Id has it.
func (t *trial) idStart() time.Duration { return t.Start.Truncate(time.Millisecond) }

// inAccessLog is how many of the lane's requests the access log has.
func (r *run) inAccessLog(l *lane) (n uint64) {
	of := trialsByID(l)
	for _, a := range r.proxy.access {
		if of[a.TrialStart] != nil {
			n += a.Requests
		}
	}
	return n
}

func trialsByID(l *lane) map[time.Duration]*trial {
	of := map[time.Duration]*trial{}
	for _, t := range l.trials {
		of[t.idStart()] = t
	}
	return of
}

// proxyLog joins the access log with the lane's requests; nil where the log has none of them.
func (r *run) proxyLog(l *lane, sent uint64) *result.ProxyLog {
	of := trialsByID(l)
	out := &result.ProxyLog{Hidden: map[string]uint64{}}
	var connect, header, body time.Duration
	for _, a := range r.proxy.access {
		if a.Requests == 0 || of[a.TrialStart] == nil {
			continue
		}
		out.Requests += a.Requests
		out.Tries += a.Tries
		out.Retried += a.Retried
		out.Saved += a.Saved
		out.Unconnected += a.Unconnected
		for status, n := range a.Hidden {
			out.Hidden[fmt.Sprint(status)] += n
		}
		connect, header, body = connect+a.Connect, header+a.Header, body+a.Body
	}
	if out.Requests == 0 {
		return nil
	}
	if sent > out.Requests {
		out.Missing = sent - out.Requests
	}
	out.TriesPerRequest = ratio(float64(out.Tries), float64(out.Requests))
	all := connect + header + body
	out.Upstream = all.Seconds()
	out.Connect, out.Header, out.Body = ratio(float64(connect), float64(all)),
		ratio(float64(header), float64(all)), ratio(float64(body), float64(all))
	out.Kinds = r.kinds(of)
	return out
}

func ratio(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	x := a / b
	return &x
}

// How much of the single requests a report shows: examplesOfKind of each of maxKinds.
const (
	examplesOfKind = 3
	maxKinds       = 20
)

// kinds sorts the single requests of some trials by how they fared.
func (r *run) kinds(of map[time.Duration]*trial) []result.ProxiedKind {
	var keys []requestKey
	for key := range r.proxy.requests {
		if of[key.trialStart] != nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b requestKey) int {
		return cmp.Or(cmp.Compare(a.trialStart, b.trialStart), cmp.Compare(a.seq, b.seq))
	})
	out := []result.ProxiedKind{}
	for _, key := range keys {
		p := r.proxy.requests[key]
		ended, failed := r.proxy.failures[key]
		if !failed {
			ended.Outcome = loadgen.OK
		}
		outcome, class := string(ended.Outcome), p.Request.Class()
		i := slices.IndexFunc(out, func(k result.ProxiedKind) bool {
			return k.Outcome == outcome &&
				k.Class == class
		})
		if i < 0 {
			i, out = len(out), append(out, result.ProxiedKind{Outcome: outcome, Class: class,
				Examples: []result.Proxied{}})
		}
		k := &out[i]
		if k.Kept++; len(k.Examples) < examplesOfKind {
			k.Examples = append(k.Examples, proxied(of[key.trialStart].Index, p, ended, failed))
		}
	}
	slices.SortStableFunc(out, func(a, b result.ProxiedKind) int { return cmp.Compare(b.Kept, a.Kept) })
	return out[:min(len(out), maxKinds)]
}

func proxied(trial int, p *runfile.Proxied, ended loadgen.Result, failed bool) result.Proxied {
	out := result.Proxied{Trial: trial, Seq: p.Seq, Status: p.Request.Status,
		Took: optionalSeconds(p.Request.Took), Tries: []result.ProxyTry{},
		Text: fate(&p.Request, ended.Outcome)}
	if failed {
		due, latency := ended.Due.Seconds(), (ended.Done - ended.Due).Seconds()
		out.Due, out.Latency = &due, &latency
	}
	for _, t := range p.Request.Tries {
		out.Tries = append(out.Tries, result.ProxyTry{Addr: t.Addr, Status: t.Status,
			Connect: optionalSeconds(t.Connect), Header: optionalSeconds(t.Header),
			Response: optionalSeconds(t.Response)})
	}
	return out
}

func optionalSeconds(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	s := d.Seconds()
	return &s
}

// doubtProxyLog warns where the access log cannot be what was meant.
func (r *run) doubtProxyLog() {
	var ours, foreign, unread uint64
	for _, a := range r.proxy.access {
		ours, foreign, unread = ours+a.Requests, foreign+a.Foreign, unread+a.Unread
	}
	if unread > 0 {
		r.warn("access_log_format", "", result.Args{"unread": unread, "lines": ours + foreign + unread})
	}
	if foreign > 0 && ours == 0 {
		r.warn("access_log_unjoined", "", result.Args{"n": foreign})
	}
	for _, l := range r.lanes {
		var sent uint64
		for _, t := range l.trials {
			sent += t.figures.sent
		}
		if n := r.inAccessLog(l); n > 0 && n < sent-sent/100 {
			r.warn("access_log_gaps", l.Name, result.Args{"missing": sent - n, "sent": sent})
		}
	}
}

// atOnce is how short a time is not worth a word as time that was spent: a failure within it was immediate.
const atOnce = 10 * time.Millisecond

// fate is what became of a request at NGINX: where its time went, or what failed at once, and in how many
// tries.
func fate(r *nginxlog.Request, outcome loadgen.Outcome) result.Finding {
	request := result.Found("request_with_status", result.Args{"status": r.Status})
	switch r.Status {
	case 499:
		how := strings.ReplaceAll(string(outcome), "_", " ")
		request = result.Found("request_given_up", result.Args{"outcome": how})
	case 0:
		request = result.Finding{Code: "request_without_status"}
	}
	asked := slices.DeleteFunc(slices.Clone(r.Tries), func(t nginxlog.Try) bool { return !t.Asked() })
	switch {
	case len(r.Tries) == 0:
		return result.Found("fate_unasked", result.Args{"request": request})
	case len(asked) == 0:
		return result.Found("fate_all_set_aside", result.Args{"request": request, "addr": r.Tries[0].Addr})
	case outcome == loadgen.OK && len(asked) > 1:
		args := result.Args{"request": request, "try": failed(asked[0]), "tries": tries(asked, r.More)}
		return result.Found("fate_hidden_try", args)
	}
	args := result.Args{"request": request, "try": spent(asked), "tries": tries(asked, r.More)}
	return result.Found("fate", args)
}

// spent is the longest stretch of time in any of the tries, or the failure of the last where all were short.
func spent(tries []nginxlog.Try) (longest result.Finding) {
	var most time.Duration
	for _, t := range tries {
		connect, header, body := t.Spent()
		for _, part := range []struct {
			took time.Duration
			code result.Code
		}{{connect, "try_connecting"}, {header, "try_waiting"}, {body, "try_reading"}} {
			if part.took > most {
				most = part.took
				longest = result.Found(part.code, result.Args{"took": part.took, "addr": t.Addr})
			}
		}
	}
	if most < atOnce {
		return failed(tries[len(tries)-1])
	}
	return longest
}

// failed is how far a try came.
func failed(t nginxlog.Try) result.Finding {
	args := result.Args{"addr": t.Addr}
	connect, header, body := t.Spent()
	if took := connect + header + body; took < atOnce {
		args["at_once"] = true
	} else {
		args["took"] = took
	}
	switch {
	case t.Connect == nil && t.Header == nil:
		return result.Found("try_unconnected", args)
	case t.Header == nil:
		return result.Found("try_lost", args)
	}
	if t.Status != 0 {
		args["status"] = t.Status
	}
	return result.Found("try_answered", args)
}

// tries are how many there were, with their statuses where there was more than one and all are known.
func tries(list []nginxlog.Try, more int) result.Finding {
	args := result.Args{"n": len(list) + more}
	if len(list) > 1 && more == 0 {
		var statuses []result.Finding
		for _, t := range list {
			f := result.Finding{Code: "no_status"}
			if t.Status != 0 {
				f = result.Found("status", result.Args{"status": t.Status})
			}
			statuses = append(statuses, f)
		}
		args["statuses"] = statuses
	}
	return result.Found("tries", args)
}
