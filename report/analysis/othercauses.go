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
	saw := fmt.Sprintf("%d answers later than %v", k.lane.late(), k.lane.Deadline)
	var retrans uint64
	for _, t := range k.lane.trials {
		retrans += t.figures.synRetrans
	}
	switch {
	case k.lane.Mode == runfile.Retrial && value(k.overflows) > 0 && value(k.drops) > 0 && float64(retrans) >= explained*float64(k.lane.late()):
		k.overflow(&c, fmt.Sprintf("%s, after %d lost SYNs", saw, retrans), func(b *bin) uint64 { return b.late })
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	case k.queued() > k.lane.Deadline: // the wait in the queue alone explains it
		k.tooLong(&c, saw)
	case k.lane.Mode == runfile.Retrial && retrans == 0 && k.queue.full && float64(value(k.overflows)) >= explained*float64(k.lane.late()):
		// The client lost no SYN, so those that were dropped were a proxy's.
		k.overflow(&c, saw+": the proxy's SYNs were sent again", func(b *bin) uint64 { return b.late })
		c.EvidenceLevel = min(c.EvidenceLevel, 1)
	default:
		c.Text = fmt.Sprintf("The client saw %s, and the queue was not seen long enough for that: the backend was slow.", saw)
	}
	return c
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
	if n := k.pick(loadgen.NoLocalPort)[loadgen.NoLocalPort]; 2*n > k.failures.own {
		return Cause{Code: "ports_exhausted", Evidence: k.counters(), Text: fmt.Sprintf(
			"The load generator had no local port left for %d requests (EADDRNOTAVAIL): this says nothing of the server. Give more addresses (--local-addr), or --connections reuse.", n)}
	}
	return Cause{Code: "generator", Evidence: k.counters(), Text: fmt.Sprintf(
		"The load generator itself failed %d requests (%s): this says nothing of the server.", k.failures.own,
		list(k.pick(loadgen.NoLocalPort, loadgen.NoFD, loadgen.Shed)))}
}

func (k *witness) refused() Cause {
	return Cause{Code: "not_listening", Evidence: k.counters(), Text: fmt.Sprintf(
		"Nothing listened where the requests went: %s. A full queue does not refuse.",
		list(k.pick(loadgen.ConnectRefused, loadgen.ConnectUnreachable, loadgen.DNSFailed)))}
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
	saw := list(k.pick(loadgen.HTTP502, loadgen.HTTP504))
	c := k.fromLog(k.failures.proxy, proxyCauses, saw,
		"without the errno in the proxy's error log (--nginx-error-log) a 502 may be a killed worker, a lack of ports or a reset")
	if c.Code == "undetermined" && k.run.expired(k.lane).while == whileReading && 2*k.pick(loadgen.HTTP504)[loadgen.HTTP504] > k.failures.proxy {
		c.Code, c.Text = "proxy_timeout", fmt.Sprintf("The client saw %s. %s", saw, nginxlog.Explain(nginxlog.ReadTimeout))
	}
	return c
}

func (k *witness) server() Cause {
	saw := list(k.pick(loadgen.HTTP4xx, loadgen.HTTP500, loadgen.HTTP503, loadgen.HTTP5xx))
	if c := k.fromLog(k.failures.server, proxyLimits, saw, ""); c.Code == "proxy_limit" {
		return c
	}
	return Cause{Code: "server_errors", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server answered, with %s: it accepted these requests, so the accept queue is not why they failed.", saw)}
}

// fromLog takes the cause of most of n failures, if the log proves one of these, which it has by class of line.
func (k *witness) fromLog(n uint64, causes map[string]string, saw, otherwise string) Cause {
	c := Cause{Code: "undetermined", Evidence: k.counters(), Text: fmt.Sprintf("The client saw %s, and why is not known: %s.", saw, otherwise)}
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
	case 2*lines[code] > n:
		c.Text = fmt.Sprintf("The client saw %s, and NGINX's error log gives several reasons: requests that it tried again have a line for each try, so that lines do not tell how many requests each reason cost.", saw)
		for _, code := range slices.Sorted(maps.Keys(lines)) {
			if lines[code] > 0 {
				c.Evidence = append(c.Evidence, fmt.Sprintf("NGINX's error log has %d lines of %s: %s", lines[code], most[code], Codes[code]))
			}
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
	c := Cause{Code: "undetermined", Evidence: k.counters()}
	if k.lane.Name == "proxy" { // what the client's connection says is the proxy's doing, not a worker's
		saw := list(k.pick(loadgen.ClosedBeforeResponse, loadgen.ConnectReset, loadgen.ResetBeforeResponse, loadgen.ResetMidResponse,
			loadgen.Truncated, loadgen.BadResponse, loadgen.WriteFailed, loadgen.TLSFailed))
		return k.fromLog(k.failures.closed, proxyLimits, saw, "it was the proxy that closed or broke these connections; its error log (--nginx-error-log) may say why")
	}
	saw := list(k.pick(loadgen.ClosedBeforeResponse, loadgen.ResetMidResponse, loadgen.Truncated,
		loadgen.BadResponse, loadgen.WriteFailed, loadgen.TLSFailed))
	if n := k.pick(loadgen.ClosedBeforeResponse)[loadgen.ClosedBeforeResponse]; 2*n > k.failures.closed {
		c.Code = "worker_closed"
		c.Text = fmt.Sprintf("A worker took the connection and closed it without an answer (%s): it was killed, timed out or crashed. Not an overflow.", saw)
		return c
	}
	c.Text = fmt.Sprintf("Connections broke after they were made (%s); a full accept queue does not do that.", saw)
	return c
}

func (k *witness) slow() Cause {
	c := Cause{Code: "slow_response", Evidence: k.counters()}
	saw := fmt.Sprintf("no answer to %d requests within %v of connecting", k.failures.slow, k.lane.Timeout)
	share, text, known := k.run.starved(k.lane)
	switch {
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
	}
	c.Text = fmt.Sprintf("The client saw %s, and the queue was not seen long enough for that: the backend was slow.", saw)
	return c
}

// raced: RFC 9112 section 9.3.1 has clients expect this, and send such requests again where they are safe to repeat.
func (k *witness) raced() Cause {
	return Cause{Code: "keepalive_race", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server closed kept connections just as requests were sent on them (%s): the keep-alive race, not an overflow. A client must let go of idle connections before the server does (--idle-timeout).",
		list(k.pick(loadgen.ReusedClosed)))}
}
