package loadgen

import "slices"

// Outcome names what happened to a request: one name for each distinct thing that can happen, stable
// across versions, because records and gates rely on them.
type Outcome string

// The outcomes. A phase that failed is in the name, so that a lost SYN is never taken for a slow
// response; the errno is kept beside it in Result.
const (
	OK           Outcome = "ok" // a complete 1xx..3xx final response
	HTTP4xx      Outcome = "http_4xx"
	HTTP500      Outcome = "http_500"
	HTTP502      Outcome = "http_502"
	HTTP503      Outcome = "http_503"
	HTTP504      Outcome = "http_504"
	HTTP5xxOther Outcome = "http_5xx_other"

	DNSFailed          Outcome = "dns_failed"
	ConnectRefused     Outcome = "connect_refused"     // ECONNREFUSED
	ConnectReset       Outcome = "connect_reset"       // ECONNRESET while connecting
	ConnectTimeout     Outcome = "connect_timeout"     // our connect timeout, or ETIMEDOUT
	ConnectUnreachable Outcome = "connect_unreachable" // EHOSTUNREACH, ENETUNREACH, ENOENT of a unix path
	QueueFull          Outcome = "queue_full"          // EAGAIN of a unix socket: its accept queue is full
	NoLocalPort        Outcome = "no_local_port"       // EADDRNOTAVAIL
	NoFD               Outcome = "no_fd"               // EMFILE, ENFILE
	TLSFailed          Outcome = "tls_failed"

	WriteFailed          Outcome = "write_failed"
	ResetBeforeResponse  Outcome = "reset_before_response"  // RST after connect, before the first byte
	ClosedBeforeResponse Outcome = "closed_before_response" // FIN after connect, before the first byte
	ReusedClosed         Outcome = "reused_closed"          // the keep-alive race, see wire.Stale
	ResetMidResponse     Outcome = "reset_mid_response"
	Truncated            Outcome = "truncated" // FIN before the announced end of the response
	ResponseTimeout      Outcome = "response_timeout"
	BadResponse          Outcome = "bad_response" // not HTTP, or larger than allowed

	Shed     Outcome = "shed"     // not sent: the in-flight cap was reached
	Canceled Outcome = "canceled" // the run ended first
)

// Phase is the part of a request in which its outcome came about.
type Phase string

const (
	NotSent    Phase = "not sent"   // or given up, wherever it was
	Connecting Phase = "connecting" // the name, the handshakes of TCP and TLS, and what they take of us
	Sending    Phase = "sending"
	Waiting    Phase = "waiting"   // for the first byte of the answer
	Receiving  Phase = "receiving" // or waiting, where the two are not told apart
	Answered   Phase = "answered"
)

// Class is the kind of thing that can have caused a failure, as far as the outcome alone says: what else is
// known of a server may show that a full accept queue did (report/analysis).
type Class string

const (
	Unfailed    Class = ""          // an answer, or the end of the run
	ByQueue     Class = "queue"     // only a full accept queue does that
	ByGenerator Class = "generator" // no port, no descriptor, no room in flight
	ByRefusal   Class = "refused"   // nobody listens, or nobody is there
	ByProxy     Class = "proxy"     // a gateway's answer for what it did not get
	ByServer    Class = "server"    // any other answer that is an error
	// a connection that was closed or broken, and had been made or nearly so
	ByClosing       Class = "closed"
	BySlowness      Class = "slow"  // no answer in time
	ByKeepAliveRace Class = "raced" // sent on a kept connection that the server was closing
	ByLateness      Class = "late"  // an answer after the deadline, which its outcome does not show
)

// Kind is what is known of an outcome, and how it is shown. A new one takes a row of the table below, and the
// engines' code that finds it.
type Kind struct {
	Outcome   Outcome
	Phase     Phase
	Connected bool // the request had a connection, its own or a kept one
	Class     Class
	Light     string // its colour on paper, as CSS has it
	Dark      string // its colour on a dark screen
	Symbol    string // of its line in a figure, as ECharts calls it; empty: a circle
	About     string // one or two sentences for the manual
}

// Colours are fixed per outcome and can be told apart by people who do not see red and green alike: what is
// served is blue, what fails is warm or violet, our own limits are grey.
var table = []Kind{
	{OK, Answered, true, Unfailed, "#0067b1", "#5fb4f5", "",
		"An answer below 400 came. It may still be late."},
	{HTTP4xx, Answered, true, ByServer, "#8c7a2b", "#cdbb63", "",
		"The answer was 400 to 499."},
	{HTTP500, Answered, true, ByServer, "#8a3b12", "#d9895b", "",
		"The answer was 500."},
	{HTTP502, Answered, true, ByProxy, "#5b2a86", "#b79cf0", "rect",
		"The answer was 502."},
	{HTTP503, Answered, true, ByServer, "#a64b00", "#f29b52", "emptyDiamond",
		"The answer was 503."},
	{HTTP504, Answered, true, ByProxy, "#d55e00", "#ff8b3d", "diamond",
		"The answer was 504."},
	{HTTP5xxOther, Answered, true, ByServer, "#703800", "#c98a4b", "",
		"The answer was any other status from 500 on."},
	{DNSFailed, Connecting, false, ByRefusal, "#7a6f9b", "#b4abd6", "",
		"The name has no address."},
	{ConnectRefused, Connecting, false, ByRefusal, "#7b1fa2", "#cf8bee", "emptyRect",
		"Nobody listens there, or a firewall refuses."},
	{ConnectReset, Connecting, false, ByClosing, "#9c2b5f", "#e382ad", "emptyTriangle",
		"A reset came during the handshake."},
	{ConnectTimeout, Connecting, false, ByQueue, "#bf3f7f", "#f28ac0", "triangle",
		"No connection within --connect-timeout."},
	{ConnectUnreachable, Connecting, false, ByRefusal, "#6a4c93", "#b594e0", "",
		"No route to the host."},
	{QueueFull, Connecting, false, ByQueue, "#c2185b", "#ff6f9f", "arrow",
		"The accept queue of a unix socket was full (EAGAIN)."},
	{NoLocalPort, Connecting, false, ByGenerator, "#767676", "#a8a8a8", "",
		"weir has no free local port to this address."},
	{NoFD, Connecting, false, ByGenerator, "#5f5f5f", "#bdbdbd", "",
		"weir has no free file descriptor."},
	{TLSFailed, Connecting, true, ByClosing, "#8d6e63", "#c9a99e", "",
		"The TLS handshake failed."},
	{WriteFailed, Sending, true, ByClosing, "#a1665e", "#d69a92", "",
		"The request could not be written."},
	{ResetBeforeResponse, Waiting, true, ByClosing, "#b23a2e", "#f27a6c", "",
		"A reset came before the first byte of the answer."},
	{ClosedBeforeResponse, Waiting, true, ByClosing, "#d08770", "#f0b199", "",
		"The server closed before the first byte of the answer."},
	{ReusedClosed, Waiting, true, ByKeepAliveRace, "#4e6f5c", "#8fb9a0", "",
		"A kept connection was closed while the request was on its way: the keep-alive race."},
	{ResetMidResponse, Receiving, true, ByClosing, "#93291e", "#e0655a", "",
		"A reset came within the answer."},
	{Truncated, Receiving, true, ByClosing, "#b08d57", "#d8b980", "",
		"The server closed within the answer."},
	{ResponseTimeout, Receiving, true, BySlowness, "#9a7300", "#e0b83a", "roundRect",
		"No whole answer within --timeout."},
	{BadResponse, Receiving, true, ByClosing, "#6d4c41", "#c09a8c", "",
		"The answer is no valid HTTP, or too large."},
	{Shed, NotSent, false, ByGenerator, "#8a8a8a", "#9a9a9a", "",
		"Not sent: --max-in-flight was reached."},
	{Canceled, NotSent, false, Unfailed, "#a6a6a6", "#7f7f7f", "",
		"The run ended first."},
}

var kinds = func() map[Outcome]Kind {
	m := map[Outcome]Kind{}
	for _, k := range table {
		m[k.Outcome] = k
	}
	return m
}()

// Kinds lists what is known of every outcome, in the order in which reports show them.
func Kinds() []Kind { return slices.Clone(table) }

// Outcomes lists every outcome in that order.
func Outcomes() []Outcome {
	all := make([]Outcome, len(table))
	for i, k := range table {
		all[i] = k.Outcome
	}
	return all
}

// Kind is what is known of the outcome. One that a foreign record may hold is like a connection that broke.
func (o Outcome) Kind() Kind {
	if k, ok := kinds[o]; ok {
		return k
	}
	return Kind{Outcome: o, Phase: Receiving, Connected: true, Class: ByClosing}
}

// All5xx is the name, in an assertion, of all answers from 500 on together. HTTP4xx is such a class by
// itself.
const All5xx string = "http_5xx"

// Names lists what an assertion may say of outcomes: each by itself, and All5xx.
func Names() (names []string) {
	for _, k := range table {
		names = append(names, string(k.Outcome))
		if k.Outcome == HTTP5xxOther {
			names = append(names, All5xx)
		}
	}
	return names
}

// Named are the outcomes that such a name means.
func Named(name string) []Outcome {
	if name == All5xx {
		return []Outcome{HTTP500, HTTP502, HTTP503, HTTP504, HTTP5xxOther}
	}
	return []Outcome{Outcome(name)}
}

// Sent reports whether a request with this outcome was attempted on the wire.
func (o Outcome) Sent() bool { return o != Shed && o != "" }
