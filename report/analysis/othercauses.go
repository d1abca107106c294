package analysis

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/runfile"
)

// What makes requests go bad where no queue was full.

// late: an answer came, after the deadline. A lost SYN delays it by a second or more, a long queue by as
// long as its depth takes.
func (k *witness) late() Cause {
	c := Cause{Code: "slow_response", Evidence: k.counters()}
	late := k.lane.late()
	saw := fmt.Sprintf("%d answers later than %v", late, k.lane.Deadline)
	var retrans uint64
	for _, t := range k.lane.trials {
		retrans += t.figures.synRetrans
	}
	lost, told := k.lateBySYN()
	if !told {
		lost = retrans
	}
	switch {
	case k.lane.Mode == runfile.Retrial && value(k.overflows) > 0 && value(k.drops) > 0 && 2*lost > late:
		k.overflow(&c, fmt.Sprintf("%s, after %d lost SYNs", saw, retrans), func(b *bin) uint64 { return b.late })
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	case k.queued() > k.lane.Deadline: // the wait in the queue alone explains the others
		k.tooLong(&c, saw)
		if lost > 0 {
			c.Evidence = append(c.Evidence, fmt.Sprintf("SYNs that were sent again made %d of them late by themselves", min(lost, late)))
		}
	case k.lane.Mode == runfile.Retrial && retrans == 0 && k.queue.full && float64(value(k.overflows)) >= explained*float64(late):
		// The client lost no SYN, so those that were dropped were a proxy's.
		k.overflow(&c, saw+": the proxy's SYNs were sent again", func(b *bin) uint64 { return b.late })
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	case k.lane.Mode == runfile.Retrial && float64(max(retrans, value(k.overflows))) >= (1-explained)*float64(late):
		c.Code = undetermined
		c.Text = fmt.Sprintf("The client saw %s. Lost SYNs delayed some of them (%d of the client's own were sent again, and the accept queue overflowed %d times), which does not account for all; something else took part.",
			saw, retrans, value(k.overflows))
	default:
		c.Text = fmt.Sprintf("The client saw %s, and the queue was not seen long enough for that: the backend was slow.", saw)
	}
	return c
}

// lateBySYN is how many answers were late by lost SYNs alone: it took longer than the deadline to connect. False where the
// record does not have that of single connections.
func (k *witness) lateBySYN() (n uint64, told bool) {
	for _, c := range k.lane.connects {
		if told = true; c.Count > 0 && c.Sum/time.Duration(c.Count) > k.lane.Deadline {
			n += c.Count
		}
	}
	return n, told
}

// queued is how long the last request of the longest queue that was seen had to wait for its answer,
// depth ÷ μ + S; 0 where it is not known, or nothing was seen in the queue.
func (k *witness) queued() time.Duration {
	if k.queue.depth == nil || *k.queue.depth == 0 || k.capacity.rate == 0 {
		return 0
	}
	return time.Duration(float64(*k.queue.depth)/k.capacity.rate*1e9) + k.capacity.mean
}

func (k *witness) tooLong(c *Cause, saw string) {
	c.Code = "queued_too_long"
	c.Text = fmt.Sprintf("The client saw %s: with %d connections in the accept queue a request waited up to %v. A smaller backlog would refuse what cannot be served in time.",
		saw, *k.queue.depth, k.queued().Round(time.Millisecond))
}

func (k *witness) generator() Cause {
	if n := k.failures[byGenerator][loadgen.NoLocalPort]; 2*n > k.failures.sum(byGenerator) {
		return Cause{Code: "ports_exhausted", Evidence: k.counters(), Text: fmt.Sprintf(
			"The load generator had no local port left for %d requests (EADDRNOTAVAIL): this says nothing of the server. Give more addresses (--local-addr), or --connections reuse.", n)}
	}
	return Cause{Code: "generator", Evidence: k.counters(), Text: fmt.Sprintf(
		"The load generator itself failed %d requests (%s): this says nothing of the server.", k.failures.sum(byGenerator), list(k.failures[byGenerator]))}
}

func (k *witness) refused() Cause {
	return Cause{Code: "not_listening", Evidence: k.counters(), Text: fmt.Sprintf(
		"Nothing listened where the requests went: %s. A full queue does not refuse.", list(k.failures[byRefused]))}
}

// proxyCauses are what the classes of NGINX's log mean for a 502 or 504 that no full queue produced.
var proxyCauses = map[string]string{
	nginxlog.PrematureClose:  "worker_closed",
	nginxlog.NoLiveUpstreams: "peer_marked_down",
	nginxlog.NoLocalPort:     "proxy_ports_exhausted",
	nginxlog.ConnectRefused:  "not_listening",
	nginxlog.ReadTimeout:     "proxy_timeout",
	nginxlog.SendTimeout:     "proxy_timeout",
	nginxlog.SendReset:       "worker_closed",
}

// proxyLimits are what they mean for a 500, or for a client whose connection NGINX closed.
var proxyLimits = map[string]string{
	nginxlog.WorkerConnections: "proxy_limit",
	nginxlog.NoFD:              "proxy_limit",
}

func (k *witness) proxy() Cause {
	c := k.fromLog(byProxy, proxyCauses,
		"without the errno in the proxy's error log (--nginx-error-log) a 502 may be a killed worker, a lack of ports or a reset")
	if c.Code == undetermined && k.run.expired(k.lane).while == whileReading && 2*k.failures[byProxy][loadgen.HTTP504] > k.failures.sum(byProxy) {
		c.Code, c.Text = "proxy_timeout", fmt.Sprintf("The client saw %s. %s", list(k.failures[byProxy]), nginxlog.Explain(nginxlog.ReadTimeout))
	}
	return c
}

func (k *witness) server() Cause {
	if c := k.fromLog(byServer, proxyLimits, ""); c.Code == "proxy_limit" {
		return c
	}
	return Cause{Code: "server_errors", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server answered, with %s: it accepted these requests, so the accept queue is not why they failed.", list(k.failures[byServer]))}
}

// fromLog takes the cause of most of a class's failures, if the log proves one of these, which it has by class of line.
func (k *witness) fromLog(class string, causes map[string]string, otherwise string) Cause {
	n, saw := k.failures.sum(class), list(k.failures[class])
	c := Cause{Code: undetermined, Evidence: k.counters(), Text: fmt.Sprintf("The client saw %s, and why is not known: %s.", saw, otherwise)}
	lines := map[string]uint64{} // by cause
	most := map[string]string{}  // the class that it had most of
	errors := k.errorLog()
	for _, class := range slices.Sorted(maps.Keys(causes)) {
		code := causes[class]
		lines[code] += errors[class]
		if most[code] == "" || errors[class] > errors[most[code]] {
			most[code] = class
		}
	}
	code, proved := mostRequests(lines, n)
	switch {
	case proved:
		c.Code = code
		c.Text = fmt.Sprintf("The client saw %s. %s", saw, nginxlog.Explain(most[code]))
		c.Evidence = append(c.Evidence, fmt.Sprintf("NGINX's error log says so in %d lines", lines[code]))
		delete(lines, code)
	case 2*lines[code] > n:
		c.Text = fmt.Sprintf("The client saw %s, and NGINX's error log gives several reasons: requests that it tried again have a line for each try, so that lines do not tell how many requests each reason cost.", saw)
	default:
		return c
	}
	for _, code := range slices.Sorted(maps.Keys(lines)) {
		if lines[code] > 0 {
			c.Evidence = append(c.Evidence, fmt.Sprintf("NGINX's error log has %d lines of %s: %s", lines[code], most[code], Codes[code]))
		}
	}
	return c
}

// mostRequests is the cause that most of n requests had, by the lines of the log. NGINX writes one line for each peer
// that it tried in vain, those of requests that another peer answered in the end among them: so many lines of a cause are
// at most so many requests, and it is proved only if all the others together have too few lines for half of the
// requests. That no peer is left to try is said once a request, as its last word. Where none is proved it is the cause with the
// most lines.
func mostRequests(lines map[string]uint64, n uint64) (code string, proved bool) {
	const lastWord = "peer_marked_down"
	if 2*lines[lastWord] > n {
		return lastWord, true
	}
	var all uint64
	for _, c := range slices.Sorted(maps.Keys(lines)) {
		all += lines[c]
		if code == "" || lines[c] > lines[code] {
			code = c
		}
	}
	return code, 2*lines[code] > n && 2*(all-lines[code]) < n
}

func (k *witness) closed() Cause {
	if k.proxied() { // what the client's connection says is the proxy's doing, not a worker's
		return k.fromLog(byClosed, proxyLimits, "it was the proxy that closed or broke these connections; its error log (--nginx-error-log) may say why")
	}
	c := Cause{Code: undetermined, Evidence: k.counters()}
	saw := list(k.failures[byClosed])
	if n := k.failures[byClosed][loadgen.ClosedBeforeResponse]; 2*n > k.failures.sum(byClosed) {
		c.Code = "worker_closed"
		c.Text = fmt.Sprintf("A worker took the connection and closed it without an answer (%s): it was killed, timed out or crashed. Not an overflow.", saw)
		return c
	}
	c.Text = fmt.Sprintf("Connections broke after they were made (%s); a full accept queue does not do that.", saw)
	return c
}

// proxied reports whether the lane's requests pass a proxy.
func (k *witness) proxied() bool { return k.lane.Name == "proxy" || k.lane.Proxy != nil }

func (k *witness) slow() Cause {
	c := Cause{Code: "slow_response", Evidence: k.counters()}
	n := k.failures.sum(bySlow)
	saw := fmt.Sprintf("no answer to %d requests within %v of connecting", n, k.lane.Timeout)
	share, text, known := k.run.starved(k.lane)
	switch {
	case k.queued() > k.lane.Timeout && k.mayBeUnconnected():
		k.overflow(&c, fmt.Sprintf("no answer to %d requests within %v", n, k.lane.Timeout), func(b *bin) uint64 { return b.due[loadgen.ResponseTimeout] })
		c.Text += fmt.Sprintf(" Which of them had a place in the queue and waited there, up to %v, and which the proxy never got a connection for, its access log tells (--nginx-access-log).", k.queued().Round(time.Millisecond))
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
		return c
	case k.queued() > k.lane.Timeout:
		c.Code = "dead_work"
		c.Text = fmt.Sprintf("The client saw %s and had gone when its turn came: with %d connections in the accept queue a request waited up to %v, and the workers served what nobody waited for (dead work). A smaller backlog would refuse it in time.",
			saw, *k.queue.depth, k.queued().Round(time.Millisecond))
		return c
	case known && share >= starvedRun:
		c.Code = starved
		c.Text = fmt.Sprintf("The client saw %s: the workers had no processor to work with.", saw)
		c.Evidence = append(c.Evidence, text)
		return c
	case k.proxied() && k.lane.Mode == runfile.Retrial && float64(value(k.overflows)) >= (1-explained)*float64(n):
		c.Code = undetermined
		c.Text = fmt.Sprintf("The client saw no answer to %d requests within %v. The accept queue overflowed %d times: the proxy's SYNs that were sent again may have taken the time, or the backend was slow.", n, k.lane.Timeout, *k.overflows)
		return c
	}
	c.Text = fmt.Sprintf("The client saw %s, and the queue was not seen long enough for that: the backend was slow.", saw)
	return c
}

// mayBeUnconnected reports whether more than a few of the requests that had no answer may have had no place in the queue
// either: behind a proxy the client's own connection does not tell, and the proxy's access log was not read.
func (k *witness) mayBeUnconnected() bool {
	if k.lane.Mode != runfile.Retrial || !k.proxied() || float64(min(value(k.overflows), value(k.drops))) < (1-explained)*float64(k.failures.sum(bySlow)) {
		return false
	}
	for _, t := range k.lane.trials {
		if _, access := k.run.log(t); len(access) > 0 {
			return false
		}
	}
	return true
}

// raced: RFC 9112 section 9.3.1 has clients expect this, and send such requests again where they are safe to repeat.
func (k *witness) raced() Cause {
	return Cause{Code: "keepalive_race", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server closed kept connections just as requests were sent on them (%s): the keep-alive race, not an overflow. A client must let go of idle connections before the server does (--idle-timeout).",
		list(k.failures[byRaced]))}
}
