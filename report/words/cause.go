package words

import "weir/report/result"

// Claim is what a cause claims.
type Claim struct {
	Code result.CauseCode
	Text string
}

// Claims are all causes that a lane can have, in the order of the manual.
var Claims = []Claim{
	{result.NoFailure, "No request failed."},
	{result.Undetermined, "The record proves no cause."},
	{result.AcceptQueueOverflow, "The listener's accept queue was full, and why is not proved."},
	{result.WorkerBoundOverflow, "The accept queue was full: more was offered than workers ÷ service time."},
	{result.BurstOverflow, "The accept queue was full below that rate, in bursts."},
	{result.ServerCPUStarved, "The workers were ready to run and had no processor, or a quota stopped them."},
	{result.UnixQueueOverflow, "The accept queue of a unix socket was full (EAGAIN). No counter shows this."},
	{result.AnotherListener, "Another listener of the network namespace overflowed, and this one did not."},
	{result.SYNQueueOverflow, "The kernel dropped SYNs without an overflow of an accept queue."},
	{result.QueuedTooLong, "Answers came after the deadline, from a queue long enough to explain it."},
	{result.DeadWork, "Clients gave up in a long queue, and the workers served them all the same."},
	{result.SlowResponse, "The backend was slow, and no queue explains it."},
	{result.WorkerClosed, "A worker closed the connection unanswered: killed, timed out or crashed."},
	{result.NotListening, "Nothing listened on the address."},
	{result.ServerErrors, "The server answered with an error."},
	{result.KeepaliveRace, "The server closed a kept connection just as it was used again."},
	{result.ProxyTimeout, "The proxy gave up waiting for the backend's answer."},
	{result.ProxyLimit, "The proxy reached a limit of its own: worker_connections or file descriptors."},
	{result.ProxyPortsExhausted, "The proxy had no local port left towards the backend."},
	{result.PeerMarkedDown, "The proxy had set every backend aside (max_fails) and asked none."},
	{result.PortsExhausted, "The load generator had no local port left."},
	{result.GeneratorFailed, "The load generator did not send, or had no file descriptor."},
}

// What the sentences of a full queue have in common.
const (
	queueFull = "The accept queue[ (backlog {backlog}, room for {room})] was full, so the kernel dropped " +
		"{overflows|count connection attempt}."
	neverSaw  = "[{no_reset_no_502}, no reset and no 502][{no_502}, no 502]"
	unknownAt = "[ What became of the {canceled|count request} under way at the end is not known.]"
)

// causes: why requests failed.
var causes = Sentences{
	// Failures of the kind that a full queue produces.
	"unix_queue_full": "The accept queue of the unix socket was full, so connect() failed at once with " +
		"EAGAIN. The client saw {saw|list}. No kernel counter shows this.",
	"queue_not_counted": "The client saw {saw|list}, as from a full accept queue. The kernel's counters " +
		"were not sampled, so the cause is not known.",
	"another_listener_overflowed": "Another listener overflowed: the namespace counted " +
		"{namespace|count overflow}, and this listener dropped nothing[ ({others|list})]. Why the client " +
		"saw {saw|list} is not known.",
	"perhaps_only_acks": "Accept queues in the backend's network namespace overflowed {namespace|times}. " +
		"Whether this listener's did is not known. Its {drops|count drop} may all be bare ACKs that " +
		"TCP_DEFER_ACCEPT ignored, and its queue was not seen full. The client saw {saw|list}.",
	"accept_queue_full": queueFull + " The client saw {saw|list}" + neverSaw + ".[ {why}]",
	"listener_not_known": "An accept queue in the backend's network namespace overflowed " +
		"{overflows|times}, but which one is not known. Name the backend's listener (--probe-listener). " +
		"The client saw {saw|list}.",
	"syn_queue_full": "The SYN queue was full, not the accept queue. The kernel dropped " +
		"{syn_drops|count SYN} without an overflow, and the client saw {saw|list}.[ The accept queue " +
		"overflowed {also_overflowed|times} as well.]",
	"too_few_overflows": "The accept queue overflowed {overflows|times}. That does not account for " +
		"{saw|list}, so something else took part.",
	"too_few_syn_drops": "The kernel dropped {syn_drops|count SYN} without an overflow. That does not " +
		"account for {saw|list}, so something else took part.",
	"listener_dropped_nothing": "The client saw {saw|list}, but this listener dropped nothing. " +
		"Check packet filters and the network[{proxied}, and other servers behind the proxy].",
	"kernel_dropped_nothing": "The client saw {saw|list}, but the backend's kernel dropped nothing. " +
		"Check packet filters and the network[{proxied}, and other servers behind the proxy].",

	// Why a queue was full.
	"why_worker_bound": "More was offered than the workers can serve, {capacity|rate4}.",
	"why_bursts": "On average less was offered than the workers can serve, {capacity|rate4}, but its " +
		"bursts were too much for the queue.",
	"why_starved": "Less was offered than the workers can serve, {capacity|rate4}, but the workers had no " +
		"processor to run on.",
	"why_not_known": "Less was offered than the workers can serve, {capacity|rate4}. Why the queue was " +
		"full all the same is not known. Workers that were paused, slower than stated or fewer look like " +
		"this.",

	// Late answers.
	"late_by_lost_syns": queueFull + " {retransmits|count lost SYN} made {n|count answer} later than " +
		"{deadline}.[ {why}]",
	"late_by_the_proxys_syns": queueFull + " The proxy sent its SYNs again, so {n|count answer} came " +
		"later than {deadline}.[ {why}]",
	"late_in_queue": "{n|count answer} came later than {deadline}. With {depth|count connection} in the " +
		"accept queue a request waited up to {waited}. A smaller backlog would reject early what cannot " +
		"be served in time.",
	"late_partly_by_lost_syns": "{n|count answer} came later than {deadline}. Lost SYNs delayed some of " +
		"them: the client sent {retransmits} again[, and the accept queue overflowed " +
		"{also_overflowed|times}]. That does not account for all, so something else took part.",
	"late_and_slow": "{n|count answer} came later than {deadline}. The queue was not seen long enough for " +
		"that, so the backend was slow.",

	// Requests without an answer.
	"slow_in_or_before_queue": queueFull + " {n|count request} had no answer within {timeout}. Some " +
		"waited in the queue, up to {waited}. For others the proxy got no connection. Its access log " +
		"would show which (--nginx-access-log).[ {why}]",
	"slow_in_queue": "Dead work: with {depth|count connection} queued a request waited up to {waited}, " +
		"longer than the client's timeout of {timeout}. So the workers served {n|count request} that had " +
		"been given up. A smaller backlog would reject them early.",
	"slow_starved": "{n|count request} had no answer within {timeout}, because the workers had no " +
		"processor to run on.",
	"slow_or_lost_syns": "{n|count request} had no answer within {timeout}. The accept queue overflowed " +
		"{overflows|times}. Either the proxy's SYNs that were sent again took the time, or the backend " +
		"was slow.",
	"slow": "{n|count request} had no answer within {timeout}. The queue was not seen long enough for " +
		"that, so the backend was slow.",

	// Everything else.
	"log_explains": "The client saw {saw|list}. {reason}",
	"log_gives_several_reasons": "The client saw {saw|list}, and NGINX's error log gives several reasons. " +
		"A request that NGINX tried again has a line for each try. So the lines do not show how many " +
		"requests each reason cost.",
	"log_explains_nothing": "The client saw {saw|list}, and NGINX's error log does not prove why.",
	"log_missing": "The client saw {saw|list}, and why is not known. A 502 may be a killed worker, a lack " +
		"of ports or a reset. The errno in the proxy's error log would show which (--nginx-error-log).",
	"server_errors_seen": "The server answered with {saw|list}. It accepted these requests, so the accept " +
		"queue is not why they failed.",
	"worker_closed_connection": "A worker took the connection and closed it without an answer " +
		"({saw|list}). It was killed, timed out or crashed. Not an overflow.",
	"connections_broke": "Connections broke after they were made: {saw|list}. A full accept queue does " +
		"not do that.",
	"proxy_closed": "The client saw {saw|list}, and why is not known. The proxy closed or broke these " +
		"connections. Its error log may show why (--nginx-error-log).",
	"generator_without_ports": "The load generator had no local port left for {no_port|count request} " +
		"(EADDRNOTAVAIL). This says nothing about the server. Give more addresses (--local-addr), or use " +
		"--connections reuse.",
	"generator_failed": "The load generator itself failed {n|count request}: {saw|list}. This says " +
		"nothing about the server.",
	"nothing_listened": "Nothing listened where the requests went: {saw|list}. A full queue does not refuse.",
	"keepalive_raced": "The server closed kept connections just as requests were sent on them: " +
		"{saw|list}. This is the keep-alive race, not an overflow. A client must close idle connections " +
		"before the server does (--idle-timeout).",

	// No failure.
	"nothing_failed": "No request failed, so there is no cause to name." + unknownAt,
	"nothing_failed_another_listener": "No request failed. The {namespace|count overflow} in the backend's " +
		"namespace were another listener's[ ({others|list})]." + unknownAt,
	"nothing_failed_perhaps_another_listener": "No request failed. The backend's namespace counted " +
		"{namespace|count overflow}, which may have been another listener's." + unknownAt,
	"nothing_failed_yet": "No request had failed when the run ended, and the accept queue overflowed " +
		"{namespace|times}." + unknownAt,
	"nothing_failed_hidden": "No request failed, but the accept queue overflowed {namespace|times}. SYNs " +
		"that were sent again hid it from the client." + unknownAt,

	// Several causes in one lane.
	"cause_of_most":  "{cause} That is {n} of the {total} bad requests. The others: {others|list}.",
	"cause_share":    "{n} {code}",
	"evidence_share": "{n} of the {total} bad requests are of this kind",

	// What was counted, whatever the cause is.
	"count_namespace_overflows": "Overflows in the backend's network namespace (TcpExtListenOverflows): " +
		"{n}",
	"count_own_overflows": "Of these, this listener's at most, by its own drops: {n}",
	"count_others":        "Other listeners of the namespace, over the whole run: {others|list}",
	"count_drops":         "Drops of this listener (sk_drops): {n}",
	"count_deferred": "Bare ACKs that TCP_DEFER_ACCEPT ignored in the namespace " +
		"(TcpExtTCPDeferAcceptDrop): {n}. So many of the drops may be no loss",
	"count_listen_drops": "Listen drops in the namespace (TcpExtListenDrops): {n}",
	"count_rsts": "eBPF: the kernel sent [{none}no RST for a watched listener][{some}{n|count RST} for a " +
		"watched listener, refusing handshakes], over the whole run",
	"recvq_full": "Recv-Q at most {depth}, limit {limit}: the queue was seen full (limit + 1)",
	"recvq_full_of_another_limit": "Recv-Q at most {depth}, limit {limit}: a queue with a limit of {full} " +
		"was seen full",
	"recvq_not_full": "Recv-Q at most {depth}, limit {limit}: the queue was not seen full. Bursts shorter " +
		"than the sampling interval are missed",
	"listener_dropped": "{addr} dropped at least {n}",
	"and_others":       "others",
	"outcome_count":    "{n} × {outcome}",

	// Proof.
	"evidence_order": "Order: the first overflow came after {overflow}, the first failure was due in the " +
		"tenth of a second from {failure}",
	"evidence_accounting": "Accounting: {overflows|count overflow}, {failures|count failure}. {rule}",
	"evidence_without_drops": "The kernel does not count this listener's own drops. That it overflowed " +
		"follows from its full queue and from the equal counts",
	"evidence_eagain": "errno 11 (EAGAIN) from connect() on a unix socket has no other cause than a full " +
		"queue",
	"evidence_above": "{n} of {all|count failure} were due while more was offered than workers ÷ service " +
		"time, {capacity|rate4}",
	"evidence_near": "{n} of {all|count failure} were due near or above workers ÷ service time, " +
		"{capacity|rate4}",
	"evidence_simulated": "A simulated server with these workers and this queue overflows {n|times} on " +
		"the same schedule",
	"evidence_waited": "The workers were ready to run and had no processor for {share|percent2} of the " +
		"time (schedstat run delay, {workers|count worker})",
	"evidence_stopped": "The CPU quota of the workers' group stopped them for {share|percent2} of the " +
		"time (cpu.stat throttled_usec)",
	"evidence_lost_syns": "Lost SYNs made {n} of them late by themselves",
	"evidence_log":       "NGINX's error log says so in {n|count line}",
	"evidence_log_other": "NGINX's error log has {n|count line} of {class}. {reason}",
	"evidence_expired": "{alike} of the {sampled} sampled 504s came after {after}, which is {directive} " +
		"({source})",

	// Overflows beside failures.
	"reconcile_loss": "In loss mode one overflow is one failed request, within 2 %. This was so in {same} " +
		"of {some|count trial} that had any.",
	"reconcile_retrial": "In retrial mode, with {syns|count SYN} before the connect timeout, overflows ÷ " +
		"failures lies between {low|ratio} and {high|ratio}.",
	"reconcile_none":           "There was no overflow, and no failure that one could explain.",
	"reconcile_delayed":        "In retrial mode every request that an overflow delayed got its answer.",
	"reconcile_not_sampled":    "The kernel's counters were not sampled around any complete trial.",
	"reconcile_unix":           "No counter of the kernel counts the overflows of a unix socket.",
	"reconcile_needs_capacity": "The bounds of retrial mode need the capacity.",
	"reconcile_needs_sysctl": "The bounds of retrial mode need net.ipv4.tcp_syn_linear_timeouts of the " +
		"client's host.",
	"reconcile_proxy": "Through a proxy the bounds depend on its connect timeout and retries.",
	"reconcile_too_short": "The bounds of retrial mode are for loads above capacity that last many " +
		"connect timeouts.",
}
