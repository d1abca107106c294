package words

// comparisons: what differs between two runs, or two lanes of one run.
var comparisons = Sentences{
	// The verdict.
	"compare_invalid": "INVALID: a run cannot be believed, so nothing is compared.",
	"compare_higher":  "Higher in {b}: {what}, {measured}.[ {note}]",
	"compare_lower":   "Lower in {b}: {what}, {measured}.[ {note}]",
	"compare_same":    "No difference found: {what}, {measured}. {least}",
	"compare_unknown": "Not known: {what|list}. {why}",
	"compare_unlike":  "The arms are not alike. A difference may have another cause than the change under test.",

	"name_onset.rate":          "rate at which failures begin",
	"name_overflow_onset.rate": "rate at which the queue overflows",
	"name_plateau.rate":        "rate served when overloaded",
	"name_latency.p50":         "median latency at equal load",
	"name_latency.p99":         "p99 latency at equal load",
	"name_bad.rate":            "share of bad requests",

	"measured_rate":  "{to|rate} instead of {from|rate}, {b} ÷ {a} = {ratio}",
	"measured_time":  "by {by}, {b} ÷ {a} = {ratio}",
	"measured_share": "{to|percent} instead of {from|percent}, by {by}",
	"least_change":   "Minimum detectable change: {least|percent2}.",
	"least_points":   "Minimum detectable change: {least|points2}.",

	// How trials were paired, and how an interval was made.
	"design_unpaired":     "No two complete trials ran at equal load, so nothing is paired.",
	"design_two_runs":     "{pairs|count pair} of trials at equal load, from two runs. What else changed between the runs counts as a difference. In {calm} of them both arms lost at most 0.5 %.",
	"design_abba":         "{pairs|count pair} of trials at equal load, in alternating order (ABBA)[, each load {repeated|times} in each lane]. In {calm} of them both arms lost at most 0.5 %.",
	"design_in_turn":      "{pairs|count pair} of trials at equal load. The first lane went first in {first} of them, so a drift of the machine may favour one. In {calm} of them both arms lost at most 0.5 %.",
	"by_pairs":            "t interval over pairs of trials",
	"by_bootstrap":        "both arms' own intervals, by bootstrap over whole trials",
	"by_order":            "both arms' own intervals, between order statistics of their trials",
	"by_newcombe":         "Newcombe's interval over requests",
	"by_newcombe_widened": "Newcombe's interval over requests, widened to the t interval over pairs of trials",

	// Why something is not known.
	"no_onset":             "There is no onset. {why}",
	"onset_bracketed":      "The onset was observed, not estimated[: {method}].",
	"arm_not_overloaded":   "In one arm no complete trial lost more than 5 %.",
	"interval_down_to_0":   "The interval of one arm reaches down to 0.",
	"no_pairs":             "No two complete trials ran at equal load.",
	"no_calm_pairs":        "No two trials at equal load lost at most 0.5 %, and under overload the queue decides the latency.",
	"few_pairs":            "No interval: {pairs|count pair} of trials at equal load; the minimum is {least}.",
	"few_calm_pairs":       "No interval: {pairs|count pair} of trials at a load that both arms serve; the minimum is {least}.",
	"few_overloaded_pairs": "No interval: {pairs|count pair} of trials overloaded in both arms; the minimum is {least}.",
	"few_long_pairs":       "No interval: {pairs|count pair} of trials long enough for a {percentile} ({requests|count request}); the minimum is {least}.",
	"few_pairs_to_vary":    "{pairs|count pair} of trials do not show how much trials vary; the minimum is {least}. The interval may be too narrow.",
	"no_such_percentile":   "There is no percentile {percentile}.",
	"of_survivors":         "This is at overload, and of successful requests only: the failed ones are missing.",
	"run_is_invalid":       "The run is INVALID.",

	// What the proxy does.
	"proxy_not_measured":     "Not measured. {why}",
	"proxy_adds":             "{p50} {p99} This rests on {pairs|count pair} of trials that both lanes served.",
	"added":                  "At the {percentile}: {by}.",
	"added_nothing":          "At the {percentile} no difference was found: {by}.",
	"added_unknown":          "The {percentile} is not known. {why}",
	"proxy_hides":            "{parts}",
	"hides_failures":         "Fewer failures reach the client: {by}.",
	"makes_failures":         "It hides no failures and adds some: {by}.",
	"hides_none":             "No difference in failures was found: {by}.",
	"no_failures":            "Nothing: no request failed in either lane.",
	"failures_renamed":       "Most failures are {from} in lane {a} and {to} in lane {b}.",
	"overflows_behind_proxy": "Behind the proxy there were {overflows|count overflow}. They explain {failures|count failure}.",
	"retries_not_measured":   "Retries were not measured: the proxy's access log was not read.",
	"no_retries":             "The proxy retried no request.",
	"retries":                "The proxy retried {requests|count request}, of which {ok} then succeeded.",
	"proxy_costs":            "{parts}",
	"cost_onset.rate":        "Failures begin at {ratio} × the direct rate.[ No difference was found. {least}]",
	"cost_plateau.rate":      "When overloaded, the server serves {ratio} × the direct rate.[ No difference was found. {least}]",

	// In what else the arms are not alike. Package compare and the gate make the sentence of a code and both
	// values.
	"arms_differ":    "The {what} differs: {a} against {b}.",
	"arm_ended":      "[{arm}|The run] is not complete: {ended}.",
	"arms_sent_late": "1 % of the requests left A's generator {a|seconds} late or more, and B's {b|seconds}. Percentiles above the median may differ for that reason.",

	"part_kernel": "kernel", "part_cpu": "processor", "part_cpus": "number of processors", "part_arch": "architecture",
	"part_proxy": "proxy", "part_backend": "backend", "part_lab": "place", "part_version": "version of weir",
	"part_engine": "engine", "part_mode": "mode", "part_connections": "use of connections", "part_deadline": "deadline",
	"part_connect_timeout": "connect timeout", "part_timeout": "timeout", "part_max_in_flight": "limit of requests in flight",
	"part_proxy_connect_timeout": "proxy's connect timeout", "part_proxy_read_timeout": "proxy's read timeout",
	"part_close": "way of closing connections", "part_requests_per_connection": "limit of requests on a connection",
	"part_idle_timeout": "idle timeout", "part_max_idle": "limit of idle connections", "part_local_addr": "set of own addresses",
	"part_max_body": "limit of body bytes", "part_request_ids": "use of X-Request-Id",
	"part_insecure": "verification of certificates", "part_requests": "number of different requests",
	"part_wake_quantum": "time within which requests are sent together", "part_backlog": "backlog limit", "part_plan": "plan",

	"set_time": "{seconds|seconds0}", "set_none": "none", "set_usual": "as usual", "set_sent": "sent", "set_not_sent": "not sent",
	"set_kernels_choice": "the kernel's choice", "set_addresses": "{addresses}[, and {more} more]",
	"no_trial": "no trial",
	"offer": "{trials|count trial} of {lasts|seconds0} from {from|number0} to {to|rate0}, {mean|rate4} on average" +
		"[, the first {stages|list}][, {arrivals} arrivals]",
	"offer_stage": "from {from|number0} to {to|rate0} in {lasts|seconds0}",

	// The dose-response of several runs.
	"dose_left":        "{run}, {started}: {why}",
	"dose_twice":       "It is there already; the same run counts once.",
	"dose_no_lane":     "It has no such lane.",
	"dose_no_capacity": "Its capacity is not known.",
	"dose_few":         "Not known: {runs|count run} with an onset and a capacity; the minimum is {least}.",
	"dose_close":       "Not known: the capacities differ by a factor of {factor}; the minimum is {least}.",
	"dose_shown":       "Dose-response (level 3 of 4): the onset moves as capacity to the power of {slope}. This rests on {runs|count run} from {from|rate4} to {to|rate4}.",
	"dose_none":        "No dose-response found: the onset moves as capacity to the power of {slope}, so possibly not at all. This rests on {runs|count run} from {from|rate4} to {to|rate4}.",
	"dose_other":       "Not in proportion: the onset moves as capacity to the power of {slope}. This rests on {runs|count run} from {from|rate4} to {to|rate4}.",
	"dose_unclear":     "Not known: the onset moves as capacity to the power of {slope}, neither within {low} to {high} nor outside. More runs, or capacities further apart, would decide.",
}
