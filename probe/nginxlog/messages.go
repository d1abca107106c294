package nginxlog

import "bytes"

// kind is one of NGINX's messages, found by how it begins.
type kind struct {
	prefix string
	upto   string // where the message goes on with a name: what ends it
	class  func(errno int, phase string) string
}

func always(class string) func(int, string) string {
	return func(int, string) string { return class }
}

// kinds is searched from its beginning. The file that writes each is named; all are of src/.
var kinds = []kind{
	{prefix: "upstream timed out", class: timedOut},    // http/ngx_http_upstream.c
	{prefix: "connect() failed", class: connectFailed}, // the same
	// event/ngx_event_connect.c
	{prefix: "connect() to unix:", upto: " failed", class: unixConnectFailed},
	{prefix: "connect() to ", upto: " failed", class: connectFailed}, // the same
	// the same, with proxy_bind
	{prefix: "bind(", upto: ") failed", class: bindFailed},
	{prefix: "recv() failed", class: broken}, // os/unix/ngx_recv.c
	// os/unix/ngx_readv_chain.c
	{prefix: "readv() failed", class: broken},
	{prefix: "send() failed", class: broken}, // os/unix/ngx_send.c
	// os/unix/ngx_writev_chain.c
	{prefix: "writev() failed", class: broken},
	// os/unix/ngx_linux_sendfile_chain.c
	{prefix: "sendfile() failed", class: broken},
	{prefix: "upstream prematurely closed connection", class: closed}, // http/ngx_http_upstream.c
	// http/modules/ngx_http_fastcgi_module.c
	{prefix: "upstream prematurely closed FastCGI stdout", class: closed},
	{prefix: "no live upstreams", class: always(NoLiveUpstreams)}, // http/ngx_http_upstream.c
	// http/ngx_http_upstream_round_robin.c
	{prefix: "upstream server temporarily disabled", class: always(PeerDisabled)},
	// event/ngx_event_connect.c
	{prefix: "socket() failed", class: noDescriptor},
	{prefix: "accept4() failed", class: noDescriptor}, // event/ngx_event_accept.c
	{prefix: "accept() failed", class: noDescriptor},
	// http/ngx_http_upstream.c
	{prefix: "client prematurely closed connection, so upstream connection is closed too",
		class: always(ClientClosed)},
	{prefix: "client prematurely closed connection", class: always(ClientClosed)},
	{prefix: "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too", class: always(ClientClosed)},
	{prefix: "epoll_wait() reported that client prematurely closed connection", class: always(ClientClosed)},
	{prefix: "kevent() reported that client prematurely closed connection, so upstream connection is closed too", class: always(ClientClosed)},
	{prefix: "kevent() reported that client prematurely closed connection", class: always(ClientClosed)},
	{prefix: "upstream ", upto: " while ", class: always(OtherUpstream)}, // "upstream sent invalid header: …"
	{prefix: "SSL_do_handshake() failed", upto: " while ", class: tlsFailed},
	// event/ngx_event_openssl.c
	{prefix: "peer closed connection in SSL handshake", class: tlsFailed},
	// http/modules/ngx_http_limit_req_module.c
	{prefix: "limiting requests, excess: ", upto: " by zone ", class: always(Limited)},
	// http/modules/ngx_http_limit_conn_module.c
	{prefix: "limiting connections by zone ", class: always(Limited)},
}

// messageKind finds a message's kind and what follows it: errno, phase and the rest.
func messageKind(message []byte) (*kind, []byte) {
	if k, rest := connectionLimit(message); k != nil {
		return k, rest
	}
	for i := range kinds {
		k := &kinds[i]
		rest, ok := bytes.CutPrefix(message, []byte(k.prefix))
		if !ok {
			continue
		}
		if k.upto == "" {
			return k, rest
		}
		at := bytes.Index(rest, []byte(k.upto))
		switch {
		case at < 0:
			return k, nil
		case k.upto == " while ":
			return k, rest[at:]
		}
		return k, rest[at+len(k.upto):]
	}
	return nil, nil
}

// connectionLimit knows the messages that begin with a number (core/ngx_connection.c).
func connectionLimit(message []byte) (*kind, []byte) {
	digits := bytes.TrimLeft(message, "0123456789")
	rest, ok := bytes.CutPrefix(digits, []byte(" worker_connections are not enough"))
	if !ok || len(digits) == len(message) {
		return nil, nil
	}
	if rest, ok := bytes.CutPrefix(rest, []byte(", reusing connections")); ok {
		return &kind{class: always(WorkerConnectionsLow)}, rest
	}
	return &kind{class: always(WorkerConnections)}, rest
}

func timedOut(_ int, phase string) string {
	switch phase {
	case connecting:
		return ConnectTimeout
	case sending:
		return SendTimeout
	case readingHeader:
		return ReadTimeout
	case readingBody:
		return BodyTimeout
	}
	return OtherUpstream
}

// unixConnectFailed: Linux returns EAGAIN for a unix socket whose listen queue is full (unix_stream_connect
// in net/unix/af_unix.c); for TCP it means something else (connect(2)).
func unixConnectFailed(errno int, phase string) string {
	if errno == eAGAIN {
		return UnixQueueFull
	}
	return connectFailed(errno, phase)
}

func connectFailed(errno int, _ string) string {
	switch errno {
	case eADDRNOTAVAIL:
		return NoLocalPort
	case eNETUNREACH, eHOSTUNREACH:
		return ConnectUnreachable
	case eCONNRESET:
		return ConnectReset
	case eTIMEDOUT:
		return ConnectTimeout
	case eCONNREFUSED:
		return ConnectRefused
	}
	return ConnectOther
}

// bindFailed: with proxy_bind and no IP_BIND_ADDRESS_NO_PORT the port is chosen before connect() is called.
func bindFailed(errno int, phase string) string {
	if phase == connecting && (errno == eADDRINUSE || errno == eADDRNOTAVAIL) {
		return NoLocalPort
	}
	return ""
}

// broken is a read or write that failed; those towards clients are none of ours.
func broken(errno int, phase string) string {
	reset := errno == eCONNRESET || errno == ePIPE
	switch {
	case phase == connecting && reset:
		return ConnectReset
	case phase == sending && reset:
		return SendReset
	case phase == readingHeader && reset:
		return RecvReset
	case phase == readingBody && reset:
		return BodyReset
	case phase == connecting, phase == sending, phase == readingHeader, phase == readingBody:
		return OtherUpstream
	}
	return ""
}

func closed(_ int, phase string) string {
	if phase == readingBody {
		return BodyPrematureClose
	}
	return PrematureClose
}

func noDescriptor(errno int, _ string) string {
	if errno == eMFILE || errno == eNFILE {
		return NoFD
	}
	return ""
}

func tlsFailed(_ int, phase string) string {
	if phase == "SSL handshaking to upstream" {
		return OtherUpstream
	}
	return ""
}
