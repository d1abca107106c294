package loadgen

// Outcome names what happened to a request: one name for each distinct thing that can happen, stable
// across versions, because records and gates rely on them.
type Outcome string

// The outcomes. A phase that failed is in the name, so that a lost SYN is never taken for a slow
// response; the errno is kept beside it in Result.
const (
	OK      Outcome = "ok" // a complete 1xx..3xx final response
	HTTP4xx Outcome = "http_4xx"
	HTTP500 Outcome = "http_500"
	HTTP502 Outcome = "http_502"
	HTTP503 Outcome = "http_503"
	HTTP504 Outcome = "http_504"
	HTTP5xx Outcome = "http_5xx" // any other 5xx

	DNSFailed          Outcome = "dns_failed"
	ConnectRefused     Outcome = "connect_refused"     // ECONNREFUSED
	ConnectReset       Outcome = "connect_reset"       // ECONNRESET while connecting
	ConnectTimeout     Outcome = "connect_timeout"     // our connect timeout, or ETIMEDOUT
	ConnectUnreachable Outcome = "connect_unreachable" // EHOSTUNREACH, ENETUNREACH, ENOENT of a unix path
	QueueFull          Outcome = "queue_full"          // EAGAIN from connect() on AF_UNIX: its accept queue is full
	NoLocalPort        Outcome = "no_local_port"       // EADDRNOTAVAIL
	NoFD               Outcome = "no_fd"               // EMFILE, ENFILE
	TLSFailed          Outcome = "tls_failed"

	WriteFailed          Outcome = "write_failed"
	ResetBeforeResponse  Outcome = "reset_before_response"  // RST after connect, before the first byte
	ClosedBeforeResponse Outcome = "closed_before_response" // FIN after connect, before the first byte
	ReusedClosed         Outcome = "reused_closed"          // the server had closed a reused connection before it got the request: the keep-alive race
	ResetMidResponse     Outcome = "reset_mid_response"
	Truncated            Outcome = "truncated" // FIN before the announced end of the response
	ResponseTimeout      Outcome = "response_timeout"
	BadResponse          Outcome = "bad_response" // not HTTP, or larger than allowed

	Shed     Outcome = "shed"     // not sent: the in-flight cap was reached
	Canceled Outcome = "canceled" // the run ended first
)

// Outcomes lists every outcome in the order in which reports show them.
func Outcomes() []Outcome {
	return []Outcome{
		OK, HTTP4xx, HTTP500, HTTP502, HTTP503, HTTP504, HTTP5xx,
		DNSFailed, ConnectRefused, ConnectReset, ConnectTimeout, ConnectUnreachable,
		QueueFull, NoLocalPort, NoFD, TLSFailed,
		WriteFailed, ResetBeforeResponse, ClosedBeforeResponse, ReusedClosed, ResetMidResponse, Truncated,
		ResponseTimeout, BadResponse, Shed, Canceled,
	}
}

// Sent reports whether a request with this outcome was attempted on the wire.
func (o Outcome) Sent() bool { return o != Shed && o != "" }
