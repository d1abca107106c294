package analysis

import (
	"fmt"
	"maps"
	"slices"

	"weir/report/result"

	"weir/loadgen"
	"weir/probe/nginxlog"
)

// What a proxy and its logs tell of requests that no full queue cost.

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

func (k *witness) proxy() result.Cause {
	c := k.fromLog(byProxy, proxyCauses,
		"without the errno in the proxy's error log (--nginx-error-log) a 502 may be a killed worker, a lack of ports or a reset")
	if c.Code == undetermined && k.run.expired(k.lane).while == whileReading && 2*k.failures[byProxy][loadgen.HTTP504] > k.failures.sum(byProxy) {
		c.Code, c.Text = "proxy_timeout", fmt.Sprintf("The client saw %s. %s", list(k.failures[byProxy]), nginxlog.Explain(nginxlog.ReadTimeout))
	}
	return c
}

func (k *witness) server() result.Cause {
	if c := k.fromLog(byServer, proxyLimits, ""); c.Code == "proxy_limit" {
		return c
	}
	return result.Cause{Code: "server_errors", Evidence: k.counters(), Text: fmt.Sprintf(
		"The server answered, with %s: it accepted these requests, so the accept queue is not why they failed.", list(k.failures[byServer]))}
}

// fromLog takes the cause of most of a class's failures, if the log proves one of these, which it has by class of line.
func (k *witness) fromLog(class string, causes map[string]string, otherwise string) result.Cause {
	n, saw := k.failures.sum(class), list(k.failures[class])
	c := result.Cause{Code: undetermined, Evidence: k.counters(), Text: fmt.Sprintf("The client saw %s, and why is not known: %s.", saw, otherwise)}
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
		c.Evidence = append(c.Evidence, fmt.Sprintf("NGINX's error log says so in %s", number(lines[code], "line")))
		delete(lines, code)
	case 2*lines[code] > n:
		c.Text = fmt.Sprintf("The client saw %s, and NGINX's error log gives several reasons: requests that it tried again have a line for each try, so that lines do not tell how many requests each reason cost.", saw)
	default:
		return c
	}
	for _, code := range slices.Sorted(maps.Keys(lines)) {
		if lines[code] > 0 {
			c.Evidence = append(c.Evidence, fmt.Sprintf("NGINX's error log has %s of %s: %s", number(lines[code], "line"), most[code], Codes[code]))
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

func (k *witness) closed() result.Cause {
	if k.proxied() { // what the client's connection says is the proxy's doing, not a worker's
		return k.fromLog(byClosed, proxyLimits, "it was the proxy that closed or broke these connections; its error log (--nginx-error-log) may say why")
	}
	c := result.Cause{Code: undetermined, Evidence: k.counters()}
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
