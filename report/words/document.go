package words

// documents: what a report says around its tables: its head, its capacity, what its figures and tables mean.
var documents = Sentences{
	"mode":             "{mode} mode",
	"seed":             "seed {seed}",
	"engine":           "{engine} engine",
	"lane":             "{lane}: {text}",
	"cause.same":       "{lane}: {text} The same on {lanes}.",
	"cause.also":       "Beside that {n|count request} ({code}): {text}",
	"no_reason":        "no reason recorded",
	"no_lane":          "none: the record holds no lane",
	"no_verdict":       "The record does not say what the run showed.",
	"invalid.run":      "Nothing below can be relied on.",
	"invalid.gate":     "It says nothing about the server.",
	"invalid.baseline": "Nothing can be compared with it.",
	"no_command":       "The record holds no command.",
	"repeat": "The schedule follows from the plan and seed {seed}. This command makes the page again from" +
		" the record alone: ",
	"traced": "Traced in the kernel by eBPF, over the whole run",

	"capacity.nothing": "not known: workers and service time are missing[ ({why})]",
	"capacity.workers": "not known: the number of workers is missing[ ({why})]",
	"capacity.service": "not known: the service time is missing",
	"capacity.line": "{capacity|4}[{stated} (no interval: the service time is as stated)] = {workers}[ ×" +
		" {connections|count connection}] ÷ {service|seconds}[ ({source}[, n = {n}][, {nominal|seconds}" +
		" nominal])]",
	"workers.stated":  "{n|count worker}",
	"workers.counted": "{n|count counted worker}",

	"trial.all_ok":      "all ok",
	"trial.spoiled":     "does not count: {why}",
	"trial.cut_short":   "cut short",
	"trial.not_drained": "not drained",
	"trial.moment":      "{text} ({at} s into the trial[ at {rate|rate}])",
	"run.moment":        "{text} ({at} s after the beginning)",
	"rates":             "{low} to {high} req/s",

	"latency.table": "Latencies run from the moment at which a request was due. They are of requests that" +
		" succeeded. Intervals are 95 %; those of percentiles lie between order statistics and take the" +
		" requests for independent.",
	"spread.none":   "No request was answered.",
	"spread":        "Of the requests that succeeded half took up to {p50|seconds}, the longest {max|seconds}.",
	"spread.failed": "Of those that failed half were known to have failed after {p50|seconds}.",
	"tail.none":     "too few requests succeeded for a curve",
	"tail":          "median {p50|seconds}, and one request in {n} took longer than {s|seconds}",

	"hosts": "What each probed kernel counted over the whole run. Drops are those of the watched" +
		" listeners. SYN_SENT, TIME_WAIT and ports are of connections from that host to the load's target," +
		" read twice a second.",
	"traced.note": "eBPF watched the listeners' ports over the whole run: how long each connection stood" +
		" in the accept queue, and the RSTs. “By Recv-Q” is the same mean wait by Little's law from the" +
		" sampled queue; the two instruments should agree. A quantile is the upper end of a bucket that is" +
		" a quarter wide. Reasons have the kernel's own names.",
	"comparison.note": "Intervals are 95 % each, not of all metrics together. Effect size: mean ÷ standard" +
		" deviation of the pairs (Cohen's d), of shares Cohen's h. MDC (minimum detectable change): the" +
		" smallest change that 80 % of such comparisons find.",

	"gate.more":        "The run's report has {n} more.",
	"gate.annotations": "{n} more did not pass: the job's summary has them all",
	"gate.invalid":     "the run is invalid",

	"glossary.overflow": "A packet that would have begun or completed a connection. The kernel dropped it" +
		" because the listener's accept queue was full (ListenOverflows).",
	"glossary.recv_q": "Connections in the accept queue that no worker has taken yet. A backlog of B holds" +
		" B + 1.",
	"glossary.onset": "The offered rate at which overflow, or failure, begins. The time in which the queue" +
		" fills is accounted for.",
	"glossary.loss": "The client gives up connecting before its first SYN retransmit, so that one overflow" +
		" is one failure. In retrial mode it keeps trying, as users' clients do.",
	"glossary.goodput": "Requests that were answered well within the deadline, per second of the trial in" +
		" which they were due.",
}
