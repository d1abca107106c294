package words

// proxies: what a proxy's log says of requests, and what the proxy was.
var proxies = Sentences{
	// What a class of NGINX's error log means (probe/nginxlog).
	"log_connect_timeout": "NGINX's SYNs were not answered within proxy_connect_timeout (504). The " +
		"backend's accept queue was full, or the backend was unreachable.",
	"log_connect_reset": "The backend's kernel reset the connection while it was being made (502). " +
		"tcp_abort_on_overflow is on and the accept queue was full, or the listener was just closed.",
	"log_connect_refused":     "Nothing listened on the backend's address (502).",
	"log_connect_unreachable": "There was no route to the backend (502).",
	"log_unix_queue_full": "The accept queue of the backend's unix socket was full, so connect() failed " +
		"at once (502). No kernel counter shows it.",
	"log_no_local_port": "NGINX had no local port left towards the backend (502). Reuse upstream " +
		"connections, or widen ip_local_port_range.",
	"log_connect_other": "NGINX could not connect to the backend (502), for a reason that is none of the " +
		"known ones. See the errno.",
	"log_send_timeout": "The backend did not take the request within proxy_send_timeout (504).",
	"log_send_reset":   "The connection to the backend broke while NGINX sent the request (502).",
	"log_read_timeout": "The backend's kernel had accepted the connection, but no response header came " +
		"within proxy_read_timeout (504). The request waited in the accept queue, or the backend was slow.",
	"log_recv_reset": "The connection was reset before a response header came (502). The listener was " +
		"closed with connections in its queue, tcp_abort_on_overflow is on, or the worker crashed.",
	"log_premature_close": "The backend closed the connection without a response (502). A worker was " +
		"killed or timed out, or an idle kept connection was closed just as it was reused. Not an " +
		"overflow.",
	"log_body_timeout": "The backend stopped in the middle of a response for longer than " +
		"proxy_read_timeout.",
	"log_body_reset":           "The connection was reset in the middle of a response.",
	"log_body_premature_close": "The backend closed the connection in the middle of a response.",
	"log_no_live_upstreams":    "Every backend was set aside by max_fails, so NGINX did not even try (502).",
	"log_peer_disabled": "NGINX set a backend aside for fail_timeout, because it had failed max_fails " +
		"times.",
	"log_worker_connections": "NGINX reached its own worker_connections limit, so the backend was not " +
		"asked (500, or a closed connection).",
	"log_worker_connections_low": "NGINX came close to its worker_connections limit and closed idle " +
		"connections to stay below.",
	"log_no_fd": "NGINX ran out of file descriptors (worker_rlimit_nofile), so the backend was not asked.",
	"log_limited": "NGINX refused requests by its own limit_req or limit_conn (503), so the backend was " +
		"not asked.",
	"log_client_closed":  "The client gave up before NGINX had an answer (499).",
	"log_other_upstream": "Something else went wrong with the backend. See the line itself.",

	// What became of one request at NGINX.
	"fate":                   "{request} {try}, {tries}",
	"fate_unasked":           "{request} asked no upstream server",
	"fate_all_set_aside":     "{request} asked no server of {addr}, because NGINX had set all of them aside",
	"fate_hidden_try":        "{request} hides a try that {try}, {tries}",
	"request_with_status":    "This {status}",
	"request_without_status": "This request",
	"request_given_up":       "This request, which its client gave up ({outcome}),",
	"try_connecting":         "spent {took} in connect to {addr}",
	"try_waiting":            "spent {took} waiting for a response header from {addr}",
	"try_reading":            "spent {took} reading the response of {addr}",
	"try_unconnected":        "got no connection to {addr}[{at_once} at once][ after {took}]",
	"try_lost": "lost its connection to {addr}[{at_once} at once][ after {took}], before a response " +
		"header came",
	"try_answered": "was answered[ {status}] by {addr}[{at_once} at once][ after {took}]",
	"tries":        "{n|count try/tries}[ ({statuses|list})]",
	"status":       "{status}",
	"no_status":    "–",
}
