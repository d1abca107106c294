package words

// lanes: what the table of a run answers about each lane.
var lanes = Sentences{
	"onset.none":      "none: {why}",
	"onset.same":      "same reason",
	"onset.no":        "no onset",
	"onset.bracket":   "{low} to {high|rate}",
	"onset.quotient":  "{low|quotient} to {high|quotient}",
	"onset.of_onsets": "ratio of the onsets",
	"plateau": "{rate}[{few} (no interval: fewer than 6 trials)], of the overloaded trials, less what" +
		" their queue absorbed",
	"reconciled":       "{overflows} : {failures}[ = {ratio|quotient}][, {agreement}]",
	"reconciled.never": "overflows not measured; {failures|count failure}",

	"reconciled.rule": "{agreement}[: {rule}]",

	"saw.ok":       "{n} ok",
	"saw.late":     "{n} of the ok late (over {deadline|seconds})",
	"saw.outcome":  "{n} {outcome}",
	"outcome.late": "late (of the ok: over {deadline|seconds})",

	"recv_q":         "{depth} of limit {limit}[{full} (full)]",
	"not_sampled":    "not sampled",
	"not_measured":   "not measured",
	"not_traced":     "not traced",
	"not_observed":   "not observed",
	"not_counted":    "not counted",
	"nothing_ok":     "none: nothing succeeded",
	"too_few":        "none: n = {n} is too few",
	"no_interval":    "(no interval)",
	"evidence":       "{level} of 4: {name}",
	"accept_wait":    "p50 ≤ {p50|seconds}, p99 ≤ {p99|seconds}",
	"accept_wait.of": "(eBPF, all lanes)",

	"connections": "{n} opened[, {one}1 request each][, {per_one|number} requests each][{time_wait}][;" +
		" while idle {idle}][; {unread} reset by us over unread bytes (no TIME_WAIT)]",
	"connections.reset": "; reset by us (no TIME_WAIT)",
	"connections.peer":  "; closed first by the server (its TIME_WAIT)",
	"connections.us":    "; closed first by us (our TIME_WAIT)",
	"connections.both":  "; closed first by either side (TIME_WAIT on both)",
	"connections.by_us": "{n} by us",
	"connections.by_it": "{n} by the server",
	"connections.use":   "[{use}: ]{text}",
	"connections.quanta": "{engine}: requests due within {quantum|seconds} may have been sent together" +
		" (--wake-quantum)",
	"connections.host": "{n}, {per_request|number} a request[; its processes used {cpu|seconds} of CPU" +
		" time for each]",

	"syn.first":   "{n|count request} lost {lost}, connected after {connect|seconds}",
	"syn.more":    "{n} lost {lost}, after {connect|seconds}",
	"syn.timeout": "{n} timed out after {connect|seconds}, {lost|count SYN} each unanswered",
	"syn.none":    "none",
	"lag.both":    "{p50}, {p99}",
	"load":        "{parts}, in the trial with the most",
	"load.cpu":    "{share|percent2} of the CPUs",
	"load.loop":   "the event loop ran for {share|percent2} of its worst second",
	"load.loops":  "the busiest of {n} event loops ran for {share|percent2} of its worst second",
	"requests":    "{offered}, {sent}, {shed} requests",
	"no_limit":    "none",

	"time": "of {all|seconds} on average: connecting {connect}, until the first byte {wait}, the rest of" +
		" the response {rest}[. {modes}]",
	"time.part": "{s|seconds}[ ({share} %)]",
	"time.connect": "Connecting took {p50|seconds} at the median[, {p99|seconds} at the 99th percentile][," +
		" {max|seconds} at most]",
	"time.no_loss":   "{text}; no connection that came about had lost a SYN",
	"time.loss":      "{text}: {modes} on average",
	"time.lost_syns": "{n} that lost {lost|count SYN} took {connect|seconds}",

	"onset.knee":    "knee of goodput at {rate|rate}",
	"onset.crosses": "0.5 % failed from {rate|rate} on",
	"onset.fill":    "both up to {rate|rate} above the onset, which the queue absorbs once (C/T)",
	"onset.busy":    "while the queue filled the workers took {rate} (offered less the growth of Recv-Q)",
	"busy.none":     "not sampled while it filled",
	"busy.few":      "(no interval: the queue filled in fewer than 5 trials)",

	"queue.unseen":  "queue not seen",
	"queue.empty":   "queue empty after {s|seconds}",
	"queue.left":    "{n|count connection} still in the queue",
	"recovered":     "{s|seconds} after the load, {queue}[, {dead|seconds} of it dead work]",
	"recovery.none": "not known: no request before the load was answered; {queue}",
	"recovery.not":  "did not recover: {why}",
	"recovery.of":   "(within {s|seconds})",
	"recovery.slow": "answers took longer than {s|seconds}, {queue}",
	"dead_work":     "dead work",
	"retry_storm":   "retry storm",

	"search.bounds":    "{low}, {high}",
	"search.lower":     "{rate|rate} sustained",
	"search.upper":     "{rate|rate} not",
	"search.no_lower":  "no rate sustained",
	"search.no_upper":  "no rate too high",
	"search.nothing":   "nothing known",
	"search.irregular": "inconclusive: {text}",
	"search.quotients": "({low|quotient} and {high|quotient} of the capacity)",
	"search.effort": "{n|count trial} of {trial|seconds}[; {spoiled} more spoiled by the generator];" +
		" {took|seconds} of {budget|seconds}[; a trial's queue absorbs up to {absorbed|rate} that it" +
		" cannot sustain]",
	"search.loss_ratio": "loss ≤ {share} %",
}
