package analysis

// Codes are all that a cause may be called, and what each claims. A code is only given where the record proves
// it; what it does not prove is "undetermined", because a wrong cause sends its reader to the wrong place.
var Codes = map[string]string{
	"none":                  "nothing went bad",
	undetermined:            "what the record holds proves no cause",
	queueFull:               "the listener's accept queue was full; why it was is not proved, or the capacity is not known",
	workerBound:             "the accept queue was full, because more was offered than workers ÷ service time",
	burst:                   "the accept queue was full below that rate, in bursts that a simulated server cannot hold either",
	starved:                 "the workers could have run and had no processor: others on the machine, or their group's quota",
	"unix_queue_overflow":   "the accept queue of a unix socket was full: EAGAIN, which no counter shows",
	"another_listener":      "another listener of the namespace overflowed, this one did not",
	"syn_queue_overflow":    "SYNs were dropped without an overflow of an accept queue",
	"queued_too_long":       "answers came after the deadline, from a queue long enough to explain it",
	"dead_work":             "clients gave up in a queue longer than their timeout; the workers served them all the same",
	"slow_response":         "the backend was slow, and no queue explains it",
	"worker_closed":         "a worker closed the connection without an answer: killed, timed out or crashed",
	"not_listening":         "nothing listened there",
	"server_errors":         "the server answered with an error",
	"keepalive_race":        "a kept connection was closed just as it was used again",
	"proxy_timeout":         "the proxy gave up waiting for the backend's answer",
	"proxy_limit":           "the proxy reached a limit of its own: worker_connections, or descriptors",
	"proxy_ports_exhausted": "the proxy had no local port left towards the backend",
	"peer_marked_down":      "the proxy had set every backend aside (max_fails) and asked none",
	"ports_exhausted":       "the load generator had no local port left",
	"generator":             "the load generator did not send, or had no descriptor: nothing is said of the server",
}
