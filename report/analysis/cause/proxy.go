package cause

import (
	"maps"
	"slices"

	"weir/loadgen"
	"weir/probe/nginxlog"
	"weir/report/result"
)

// proxyRules are for 502 and 504 of a proxy that no full queue produced. A status does not say why; the
// proxy's error log does, and so does how long a 504 took.
var proxyRules = []rule{
	{logProves(result.PeerMarkedDown), result.PeerMarkedDown, "log_explains", lines},
	{logProves(result.WorkerClosed), result.WorkerClosed, "log_explains", lines},
	{logProves(result.NotListening), result.NotListening, "log_explains", lines},
	{logProves(result.ProxyPortsExhausted), result.ProxyPortsExhausted, "log_explains", lines},
	{logProves(result.ProxyTimeout), result.ProxyTimeout, "log_explains", lines},
	{readTimedOut, result.ProxyTimeout, "log_explains", allLines},
	{severalReasons, result.Undetermined, "log_gives_several_reasons", allLines},
	{logWasRead, result.Undetermined, "log_explains_nothing", allLines},
	{always, result.Undetermined, "log_missing", nil},
}

// serverRules are for answers that are errors: the server accepted these requests, or the proxy did not ask
// it.
var serverRules = []rule{
	{logProves(result.ProxyLimit), result.ProxyLimit, "log_explains", lines},
	{always, result.ServerErrors, "server_errors_seen", nil},
}

// closedRules are for connections that were closed or broken after they were made. Behind a proxy that is the
// proxy's doing, not a worker's.
var closedRules = []rule{
	{closedDirectly, result.WorkerClosed, "worker_closed_connection", nil},
	{direct, result.Undetermined, "connections_broke", nil},
	{logProves(result.ProxyLimit), result.ProxyLimit, "log_explains", lines},
	{always, result.Undetermined, "proxy_closed", nil},
}

// generatorRules are for requests that the load generator did not send. They say nothing about the server.
var generatorRules = []rule{
	{noLocalPort, result.PortsExhausted, "generator_without_ports", nil},
	{always, result.GeneratorFailed, "generator_failed", nil},
}

// refusedRules: a full queue does not refuse.
var refusedRules = []rule{
	{always, result.NotListening, "nothing_listened", nil},
}

// racedRules: RFC 9112 section 9.3.1 has clients expect this, and send such requests again where they are
// safe to repeat.
var racedRules = []rule{
	{always, result.KeepaliveRace, "keepalive_raced", nil},
}

// logProves holds where the proxy's error log proves that cause.
func logProves(code result.CauseCode) func(*matter) bool {
	return func(m *matter) bool { return m.log.proved && m.log.top == code }
}

func readTimedOut(m *matter) bool {
	return m.Proxy.Expired != nil && m.Proxy.Expired.Directive == ReadTimeout && m.mostly(loadgen.HTTP504)
}

func severalReasons(m *matter) bool { return 2*m.log.of[m.log.top] > m.n }
func logWasRead(m *matter) bool     { return len(m.Proxy.Errors) > 0 }
func direct(m *matter) bool         { return !m.Proxied }
func closedDirectly(m *matter) bool { return direct(m) && m.mostly(loadgen.ClosedBeforeResponse) }
func noLocalPort(m *matter) bool    { return m.mostly(loadgen.NoLocalPort) }

// logCauses are what the classes of NGINX's log mean for the failures of a class: for a 502 or 504 that no
// full queue produced; for a 500, or for a client whose connection NGINX closed.
var logCauses = map[loadgen.Class]map[string]result.CauseCode{
	loadgen.ByProxy: {
		nginxlog.PrematureClose:  result.WorkerClosed,
		nginxlog.SendReset:       result.WorkerClosed,
		nginxlog.NoLiveUpstreams: result.PeerMarkedDown,
		nginxlog.NoLocalPort:     result.ProxyPortsExhausted,
		nginxlog.ConnectRefused:  result.NotListening,
		nginxlog.ReadTimeout:     result.ProxyTimeout,
		nginxlog.SendTimeout:     result.ProxyTimeout,
	},
	loadgen.ByServer:  proxyLimits,
	loadgen.ByClosing: proxyLimits,
}

var proxyLimits = map[string]result.CauseCode{
	nginxlog.WorkerConnections: result.ProxyLimit,
	nginxlog.NoFD:              result.ProxyLimit,
}

// account is what the lines of NGINX's error log say of a class's failures.
type account struct {
	of     map[result.CauseCode]uint64 // how many lines have each cause
	most   map[result.CauseCode]string // which class of lines has most of these
	top    result.CauseCode            // the cause that is proved, or else the one with the most lines
	proved bool
}

// readLog finds the cause that most of n requests had. NGINX writes one line for each peer that it tried in
// vain, those of requests that another peer answered in the end among them: so many lines of a cause are at
// most so many requests, and it is proved only if all the others together have too few lines for half of the
// requests. That no peer is left to try is logged once a request, as its last word.
func readLog(errors map[string]uint64, causes map[string]result.CauseCode, n uint64) account {
	const lastWord = result.PeerMarkedDown
	a := account{of: map[result.CauseCode]uint64{}, most: map[result.CauseCode]string{}}
	var all uint64
	for _, class := range slices.Sorted(maps.Keys(causes)) {
		code := causes[class]
		a.of[code] += errors[class]
		all += errors[class]
		if a.most[code] == "" || errors[class] > errors[a.most[code]] {
			a.most[code] = class
		}
	}
	if 2*a.of[lastWord] > n {
		a.top, a.proved = lastWord, true
		return a
	}
	for _, code := range slices.Sorted(maps.Keys(a.of)) {
		if a.top == "" || a.of[code] > a.of[a.top] {
			a.top = code
		}
	}
	a.proved = 2*a.of[a.top] > n && 2*(all-a.of[a.top]) < n
	return a
}

// lines of the log are the proof of the cause. Those of the other causes are shown beside them.
func lines(m *matter) proof {
	own := result.Found("evidence_log", result.Args{"n": m.log.of[m.log.top]})
	causes := logCauses[m.class]
	other := func(class string) bool { return causes[class] != "" && causes[class] != m.log.top }
	return proof{}.and(own).and(m.logLines(other)...)
}

func allLines(m *matter) proof {
	return proof{}.and(m.logLines(func(string) bool { return true })...)
}

func (m *matter) logLines(of func(class string) bool) (found []result.Finding) {
	for _, class := range slices.Sorted(maps.Keys(m.Proxy.Errors)) {
		if n := m.Proxy.Errors[class]; n > 0 && of(class) {
			args := result.Args{"n": n, "class": class, "reason": logReason(class)}
			found = append(found, result.Found("evidence_log_other", args))
		}
	}
	return found
}

// logReason is what a class of NGINX's error log means.
func logReason(class string) result.Finding { return result.Finding{Code: result.Code("log_" + class)} }
