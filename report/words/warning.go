package words

// warnings: what makes a run invalid, and what weakens it.
//
// Each rule of loadgen/belief has three entries: the finding by its code, the short form for the manual as
// code_rule, and what to change by its advice.
var warnings = Sentences{
	"invalid":            "[{arm} is ]INVALID, and says nothing about the server. {reasons}",
	"all_trials_spoiled": "The generator was the limit in every trial of the search ({trials} in all). The last one: {last}",

	"overflowed_before":      "The accept queue overflowed {measured|times} before the load began: {advice}.",
	"overflowed_before_rule": "the queue overflowed before the load",
	"not_sent":               "Only {sent} of {due|count due request} were sent ({measured|percent}, minimum {limit|percent2}): {advice}.",
	"not_sent_rule":          "fewer than {limit|percent2} of due requests were sent",
	"sent_late": "[{share|percent1} of requests|{late} of {of|count request}] were sent {measured|seconds} late or more " +
		"(limit {limit|seconds}): {advice}.[ {meanwhile}]",
	"sent_late_rule":       "send lag could fill {burst|percent2} of the queue",
	"requests_shed":        "Too many were in flight to send {measured|count request}: {advice}.",
	"requests_shed_rule":   "requests were shed",
	"no_local_ports":       "{measured|count request} found no local port: {advice}.",
	"no_local_ports_rule":  "no local port was left",
	"no_descriptors":       "{measured|count request} found no file descriptor: {advice}.",
	"no_descriptors_rule":  "no file descriptor was left",
	"processors_busy":      "The generator used {measured|percent} of its processors[ in trial {trial}] (limit {limit|percent2}): {advice}.",
	"processors_busy_rule": "{limit|percent2} of the processors in use",
	"loop_busy":            "One event loop[ of {loops}] was busy for {measured|percent} of a second[ in trial {trial}] (limit {limit|percent2}): {advice}.",
	"loop_busy_rule":       "an event loop busy for {limit|percent2} of a second",
	"loop_waited": "CPU contention: one event loop[ of {loops}] was runnable but not scheduled for {measured|percent} of a second" +
		"[ in trial {trial}] (limit {limit|percent2}): {advice}.",
	"loop_waited_rule": "CPU contention for {limit|percent2} of a second",
	"threads_waited": "CPU contention: the generator's threads were runnable but not scheduled for {measured|percent} of the time" +
		"[ in trial {trial}] (limit {limit|percent2}): {advice}.",
	"threads_waited_rule": "CPU contention for {limit|percent2} of the time",

	"stop_traffic":    "stop the other traffic first",
	"lower_rate":      "lower the rate",
	"quiet_machine":   "use a quieter machine",
	"raise_in_flight": "raise --max-in-flight",
	"more_ports":      "use --local-addr or --connections reuse",
	"more_files":      "raise ulimit -n",
	"more_processors": "lower the rate, or use more processors",
	"stop_programs":   "stop other programs",

	"contention_meanwhile": "Meanwhile other programs used its processor for up to {share|percent2} of a second.",
	"steal_meanwhile":      "Meanwhile the hypervisor took {share|percent} of a processor from this machine (steal).",

	// The plan, before its load.
	"few_files": "The plan may need {need|count open file}[, if the search reaches {rate|rate4},] and this process may have {have|count}. " +
		"Requests without one make [a trial useless{search}|the run INVALID]: raise ulimit -n, or lower --max-in-flight or --timeout.",
	"few_ports": "This lane may need {need|count local port}[, if the search reaches {rate|rate4},] and there are {have|count}. " +
		"It opens {opened|count connection} a second, and each that weir closes first keeps its port for {kept|seconds}. " +
		"Requests without a port make [a trial useless{search}|the run INVALID]: " +
		"widen net.ipv4.ip_local_port_range, or use --local-addr or --connections reuse.",
	"few_processors": "At {rate|rate} this lane needs {need|number2} processors or more, and there are {have|count}. " +
		"More than {limit|percent2} in use makes a run INVALID: lower the rate, or share the load out over several machines.",
	"plan_cannot_overflow": "[Only {overflow|count trial}|No trial] will overflow a queue of {slots|count slot}, so no onset will be found. " +
		"In {trial|seconds} the queue absorbs what is offered above {computed|rate4} (workers ÷ service time). " +
		"Give the server a smaller backlog, or set --trial-duration {need}.",
	"search_cannot_conclude": "Trials of {trial|seconds} are too short for a queue of {slots|count slot} at {rate|rate4}. " +
		"The queue hides an overload of {width|percent}, so the search will be inconclusive. " +
		"Set --trial-duration {need} and a --budget of about {budget}, or give the server a smaller backlog.",

	"note_counted":        "workers: {workers|count}, counted: {evidence}. Use --workers to state another number.",
	"note_not_counted":    "workers not counted: {evidence}. Give --workers to have the capacity computed.",
	"note_not_looked_for": "workers not looked for: weir at the other end is of another version. Give --workers to have the capacity computed.",

	// The run as a whole.
	"interrupted":              endedEarly,
	"aborted":                  endedEarly,
	"cut_short":                "[The run did not end by itself ({ended}). {begun|count trial} began[, of {planned} planned].|The record has no footer: the run was cut short.]",
	"trials_missing":           "Only {begun} of {planned|count planned trial} began.",
	"torn_line":                "Line {line|count} of the record, the last one, is torn and was dropped: the run was killed while it wrote.",
	"unknown_kind":             "Records of the kind \"{kind}\" were skipped: a later version of weir wrote them.",
	"more_events":              "More events of this kind are in the record.",
	"overflows_between_trials": "{n|count overflow} happened between trials, when nothing was offered. Something else loads the backend, or clients retry.",
	"send_lag":                 "The generator sent late. {lags} Latencies include this lag, onsets do not.",
	"lag_of_lane":              "[{share|percent1} of requests|{late} of {of|count request}], by {by} or more.[ {meanwhile}]",
	"service_time_interval":    "One stamp of the service time gives no interval for the capacity.",
	"latency_map":              "The latency map is not complete: the record has more than {limit|count cell}.",
	"one_queue_of_several": "NGINX on {host} has {servers|count upstream server}. Queue, limit and overflows of this lane are those of {first}, the first. " +
		"The table of hosts has what the other kernels counted.",
	"no_proxy_lane":  "The direct lane ran alone: {why}",
	"workers_differ": "--workers is {stated|count}, but weir found otherwise ({found}). The capacity is computed from --workers.",
	"redirect":       "{url} answers with status {status}. Redirects count as ok and are not followed.",

	// What was seen of the kernel.
	"no_probe": "The backend's kernel was not sampled[: {why}]. Overflows, drops and queue are not known.",
	"no_listener": "Queue and drops of the backend's listener are not known.[ " +
		"No listening socket was found for {missing}. Use --probe-pid for a container, or --probe-listener for another address.| " +
		"The listener of {hidden} cannot be read. Other listeners of its network namespace may share the counters that are.| " +
		"The listener {unsampled} was in no sample.| " +
		"Only the proxy is known: name the backend's listener with --probe-listener{behind_proxy}.| " +
		"{remote} is not on this machine: use --probe-command, or run weir there.| " +
		"{error}]",
	"slow_sampling":     "The kernel was sampled {hz|count} times a second, and {limit|count} are needed. Bursts in the queue may be missed, counts are complete.",
	"undrained":         "After {n} of {trials|count trial} the queue was not seen empty. The next trial began with their backlog.",
	"incomplete_trials": "{n} of {trials|count trial} did not complete. The estimates leave them out.",
	"overflows_unknown": "[No kernel counter has the overflows of a unix socket. The client sees each one at once (queue_full){unix}.|" +
		"The overflows of {n} of {trials|count trial} are not known. No sample is near them, or the counter is absent or was reset.]",
	"source_failed": "Not known of {host}[ in {readings|count reading}, first at {at}]: {what}",
	"sysctl_changed": "{host}: {name} was [\"{before}\"|absent] before the load and [\"{after}\"|absent] after it. " +
		"The run measured two systems.",
	"listener_restarted": "{host}: the listener {addr} restarted {times|times} during the run. A new listener's queue begins empty.",
	"ports_short":        "{host}: {used} of {range|count local port} towards one address were in use at once. Connects fail (EADDRNOTAVAIL) when none is left.",

	// The plan, after its load.
	"poisson_arrivals":        "Poisson arrivals overflow a queue now and then already below capacity.[ The onset is less sharp than with constant arrivals{blurred}.]",
	"queue_outlasts_deadline": "A full queue makes a request wait {wait}, longer than the deadline of {deadline}. Overload shows as late answers first.",
	"short_trials":            "Trials of {trial} cannot show an overload below {visible|percent}: the queue absorbs it.[ The onset is less sharp{blurred}.] For {wanted|percent1} trials need {need}.",
	"cross_check": "The onset is {onset}, but [goodput has its knee at {knee|rate4}|0.5 % of requests failed at {crossing|rate4}]. " +
		"The queue explains no more than {fill|rate}: something else failed requests, or the trials are too few.",
	"not_replayed": "Not every trial was replayed in the simulator: together they have more than {limit|count request}.",

	// What NGINX reported.
	"access_log_format":   "{unread} of {lines|count line} of NGINX's access log are not in weir's log_format and were left out. weir run --print-nginx-config prints it.",
	"access_log_unjoined": "None of {n|count request} in NGINX's access log has an X-Request-Id of this run. Check that it is the log of this proxy, and that the proxy passes the ids on.",
	"access_log_gaps":     "NGINX's access log has no line for {missing} of {sent|count request} sent. NGINX did not accept them, or it buffers its log (buffer=), or logs elsewhere.",
	"nginx_dropped":       "NGINX accepted {n|count connection} and dropped them at once: its own limit (worker_connections or descriptors), not the backend's.",
	"nginx_status_gaps":   "{failed} of {polls|count poll} of NGINX's status had no answer.",
}

const endedEarly = "The run did not end by itself ({ended}). {begun|count trial} began[, of {planned} planned]."

// event is the sentence of what was noticed while the load ran: its text comes from where it was noticed.
const event = "{host}, {at} after the start: {text}"
