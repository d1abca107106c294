package nginxlog

import (
	"maps"
	"slices"
	"strings"
)

// explanations are for whoever reads a report, by class of the error log.
var explanations = map[string]string{
	ConnectTimeout:       "NGINX's SYNs were not answered within proxy_connect_timeout (504): the backend's accept queue was full, or the backend was unreachable.",
	ConnectReset:         "The backend's kernel reset the connection while it was being made (502): tcp_abort_on_overflow is on and the accept queue was full, or the listener was just closed.",
	ConnectRefused:       "Nothing listened on the backend's address (502).",
	ConnectUnreachable:   "There was no route to the backend (502).",
	UnixQueueFull:        "The accept queue of the backend's unix socket was full, so connect() failed at once (502). No kernel counter shows it.",
	NoLocalPort:          "NGINX had no local port left towards the backend (502): reuse upstream connections, or widen ip_local_port_range.",
	ConnectOther:         "NGINX could not connect to the backend (502), for a reason that is none of the known ones: see the errno.",
	SendTimeout:          "The backend did not take the request within proxy_send_timeout (504).",
	SendReset:            "The connection to the backend broke while NGINX sent the request (502).",
	ReadTimeout:          "The backend's kernel had accepted the connection, but no response header came within proxy_read_timeout (504): the request waited in the accept queue, or the backend was slow.",
	RecvReset:            "The connection was reset before a response header came (502): the listener was closed with connections in its queue, tcp_abort_on_overflow is on, or the worker crashed.",
	PrematureClose:       "The backend closed the connection without a response (502): a worker was killed or timed out, or an idle kept connection was closed just as it was reused. Not an overflow.",
	BodyTimeout:          "The backend stopped in the middle of a response for longer than proxy_read_timeout.",
	BodyReset:            "The connection was reset in the middle of a response.",
	BodyPrematureClose:   "The backend closed the connection in the middle of a response.",
	NoLiveUpstreams:      "Every backend was set aside by max_fails, so NGINX did not even try (502).",
	PeerDisabled:         "NGINX set a backend aside for fail_timeout, because it had failed max_fails times.",
	WorkerConnections:    "NGINX reached its own worker_connections limit: the backend was not asked (500, or the client was cut off).",
	WorkerConnectionsLow: "NGINX came close to its worker_connections limit and closed idle connections to stay below.",
	NoFD:                 "NGINX ran out of file descriptors (worker_rlimit_nofile): the backend was not asked.",
	Limited:              "NGINX refused requests by its own limit_req or limit_conn (503): the backend was not asked.",
	ClientClosed:         "The client gave up before NGINX had an answer (499).",
	OtherUpstream:        "Something else went wrong with the backend: see the line itself.",
}

// Classes lists the classes of the error log.
func Classes() []string { return slices.Sorted(maps.Keys(explanations)) }

// phases are for the access log: how far the last try came.
var phases = map[string]string{
	phaseNone:     "no backend was tried",
	phaseConnect:  "no connection to the backend was made",
	phaseHeader:   "the backend was connected but sent no response header",
	phaseResponse: "the backend answered",
}

// Explain says in a sentence what a class means; "" for one that this package does not make.
func Explain(class string) string {
	if text, ok := explanations[class]; ok {
		return text
	}
	parts := strings.Split(class, "/")
	if len(parts) < 3 || len(parts) > 4 || (len(parts) == 4 && parts[3] != "retried") {
		return ""
	}
	reached, ok := phases[parts[2]]
	if !ok || !isStatus(parts[0]) || !isStatus(parts[1]) {
		return ""
	}
	text := "NGINX answered with status " + parts[0] + ": " + reached
	switch {
	case parts[0] == "499":
		text = "The client gave up (499): " + reached
	case parts[0] == "-":
		text = "NGINX logged no status: " + reached
	}
	if parts[2] == phaseResponse && parts[1] != "-" {
		text += " with " + parts[1]
	}
	if len(parts) == 4 {
		text += ", after more than one try"
	}
	return text + "."
}

func isStatus(s string) bool { return s == "-" || number(s) != 0 }
