package nginxlog

import (
	"bytes"
	"strconv"
)

// Classes of the error log. Which status a client sees beside them is NGINX's choice of mechanism, not
// of this table, and holds when no other peer takes the request over.
const (
	// 504: SYNs went unanswered: a full TCP accept queue, or nobody there
	ConnectTimeout       = "connect_timeout"
	ConnectReset         = "connect_reset"          // 502: RST while connecting
	ConnectRefused       = "connect_refused"        // 502: nobody listens
	ConnectUnreachable   = "connect_unreachable"    // 502: no route
	UnixQueueFull        = "unix_queue_full"        // 502: the accept queue of a unix socket is full
	NoLocalPort          = "no_local_port"          // 502: ephemeral ports towards the peer are used up
	ConnectOther         = "connect_other"          // 502: connect() failed otherwise; see the errno
	SendTimeout          = "send_timeout"           // 504: the request could not be handed over in time
	SendReset            = "send_reset"             // 502: the connection broke while the request was sent
	ReadTimeout          = "read_timeout"           // 504: connected, but no response header in time
	RecvReset            = "recv_reset"             // 502: RST before the response header
	PrematureClose       = "premature_close"        // 502: FIN before the response header
	BodyTimeout          = "body_timeout"           // the response stopped in its middle
	BodyReset            = "body_reset"             // RST in the middle of the response
	BodyPrematureClose   = "body_premature_close"   // FIN in the middle of the response
	NoLiveUpstreams      = "no_live_upstreams"      // 502: every peer is set aside by max_fails
	PeerDisabled         = "peer_disabled"          // a peer was just set aside
	WorkerConnections    = "worker_connections"     // 500 or a closed connection: NGINX's own limit
	WorkerConnectionsLow = "worker_connections_low" // idle connections were closed to stay below that limit
	NoFD                 = "no_fd"                  // 500: NGINX has no descriptor left
	// 503, unless configured otherwise: NGINX's own limit_req or limit_conn
	Limited       = "limited"
	ClientClosed  = "client_closed"  // 499: the client gave up; level info
	OtherUpstream = "other_upstream" // anything else that went wrong with an upstream
)

// Classes lists the classes of the error log by name.
func Classes() []string {
	return []string{
		BodyPrematureClose, BodyReset, BodyTimeout, ClientClosed, ConnectOther, ConnectRefused, ConnectReset,
		ConnectTimeout,
		ConnectUnreachable, Limited, NoFD, NoLiveUpstreams, NoLocalPort, OtherUpstream, PeerDisabled,
		PrematureClose,
		ReadTimeout, RecvReset, SendReset, SendTimeout, UnixQueueFull, WorkerConnections,
		WorkerConnectionsLow,
	}
}

// Phases, in NGINX's words: log->action in src/http/ngx_http_upstream.c.
const (
	connecting    = "connecting to upstream"
	sending       = "sending request to upstream"
	readingHeader = "reading response header from upstream"
	readingBody   = "reading upstream"
)

// Numbers, not names from package syscall: they are Linux's, wherever the log is read.
const (
	eAGAIN        = 11
	eNFILE        = 23
	eMFILE        = 24
	ePIPE         = 32
	eADDRINUSE    = 98
	eADDRNOTAVAIL = 99
	eNETUNREACH   = 101
	eCONNRESET    = 104
	eTIMEDOUT     = 110
	eCONNREFUSED  = 111
	eHOSTUNREACH  = 113
)

// ParseError reads one line of an error log. It answers false for a line that is not NGINX's, and for
// one that speaks neither of an upstream nor of a limit that stops NGINX from reaching one.
//
// The form (src/core/ngx_log.c, src/http/ngx_http_request.c):
//
//	date time [level] pid#tid: *connection MESSAGE (ERRNO: text) while PHASE, client: …, upstream: "…", …
//
// connect() to X failed is an errno that connect() itself returned, connect() failed one that came
// later.
func ParseError(line []byte) (Line, bool) {
	level, message, ok := cutHead(line)
	if !ok {
		return Line{}, false
	}
	l := Line{Source: ErrorSource, Level: level}
	kind, rest := messageKind(message)
	if kind == nil {
		return Line{}, false
	}
	l.Errno, rest = cutErrno(rest)
	l.Phase = phase(rest)
	if l.Class = kind.class(l.Errno, l.Phase); l.Class == "" {
		return Line{}, false
	}
	l.Upstream = upstream(rest)
	l.Text = clean(message, maxText)
	return l, true
}

// cutHead takes date, time, level, pid and connection off a line.
func cutHead(line []byte) (level string, message []byte, ok bool) {
	const stamp = len("2006/01/02 15:04:05 [")
	if len(line) < stamp || line[4] != '/' || line[7] != '/' || line[13] != ':' || line[16] != ':' ||
		line[stamp-1] != '[' {
		return "", nil, false
	}
	name, rest, ok := bytes.Cut(line[stamp:], []byte("] "))
	if !ok || !levels[string(name)] {
		return "", nil, false
	}
	ids, rest, ok := bytes.Cut(rest, []byte(": "))
	if !ok || len(ids) > 48 || bytes.IndexByte(ids, '#') < 1 {
		return "", nil, false
	}
	if len(rest) > 0 && rest[0] == '*' {
		if _, rest, ok = bytes.Cut(rest, []byte(" ")); !ok {
			return "", nil, false
		}
	}
	return string(name), bytes.TrimRight(rest, "\r\n"), true
}

var levels = map[string]bool{
	"emerg": true, "alert": true, "crit": true, "error": true,
	"warn": true, "notice": true, "info": true, "debug": true,
}

// cutErrno takes " (110: Connection timed out)" off, if it is there.
func cutErrno(rest []byte) (int, []byte) {
	after, ok := bytes.CutPrefix(rest, []byte(" ("))
	if !ok {
		return 0, rest
	}
	number, after, ok := bytes.Cut(after, []byte(": "))
	errno, err := strconv.ParseUint(string(number), 10, 16)
	if !ok || err != nil {
		return 0, rest
	}
	if _, after, ok = bytes.Cut(after, []byte(")")); !ok {
		return int(errno), nil
	}
	return int(errno), after
}

// phase is what stands between " while " and ", client: ".
func phase(rest []byte) string {
	after, ok := bytes.CutPrefix(rest, []byte(" while "))
	if !ok {
		return ""
	}
	words, _, _ := bytes.Cut(after, []byte(","))
	return clean(words, maxName)
}

// upstream is the peer without scheme and request URI. It stands behind the request line, which the
// client writes: take it as a hint. NGINX refuses a request line with a space in its URI (since 1.21.1), so
// the first match is NGINX's own.
func upstream(rest []byte) string {
	_, url, ok := bytes.Cut(rest, []byte(`, upstream: "`))
	if !ok {
		return ""
	}
	if _, after, ok := bytes.Cut(url, []byte("://")); ok {
		url = after
	}
	url, _, _ = bytes.Cut(url, []byte(`"`))
	if name, ok := bytes.CutPrefix(url, []byte("unix:")); ok { // unix:/run/app.sock:/uri
		name, _, _ = bytes.Cut(name, []byte(":/"))
		return "unix:" + clean(bytes.TrimSuffix(name, []byte(":")), maxName)
	}
	url, _, _ = bytes.Cut(url, []byte("/"))
	return clean(url, maxName)
}
