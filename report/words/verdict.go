package words

// verdicts: what a run showed: onsets, searches, recovery, capacity.
var verdicts = Sentences{
	// At which rate failures began.
	"onset": "[Requests failed{failures}|The accept queue overflowed] from {onset} on[, {ratio} of the computed capacity].",
	"onset_between": "[Requests first failed{failures}|The accept queue first overflowed] between {low|rate} and {high|rate}" +
		"[, {share_low|ratio} to {share_high|ratio} of the computed capacity].[ This is {method}.][ While the queue filled, the workers served {busy|rate}.]",
	"onset_unknown":     "No onset. {why}",
	"ended_early":       "The run did not end by itself ({ended}). The report has what there is of it.",
	"proxy_over_direct": "Through the proxy, failures began at {ratio} of the direct rate.",
	"cause": "{cause}[ {overflows|count overflow} for {failures|count failure} that they could explain: ratio {ratio|ratio}, {verdict}.]" +
		"[ Evidence: level {level} of 4, {evidence}.]",

	// How it was found, and why it was not.
	"by_first_trial":        "the first trial with an overflow; the lower bound is the highest rate without one, less what its queue absorbed",
	"by_first_stage":        "the first stage with an overflow; the lower bound is the highest rate before it, less what its queue absorbed",
	"by_first_overflow":     "the first overflow; the bounds are those of the sampling",
	"by_ramp":               "the first overflow of a ramp, at {rate|rate4}, less √(2kC) = {bias|rate}; the upper bound is not corrected",
	"no_onsets":             "{failures} {overflows}",
	"onset_of_search":       "A search chooses its rates by what it saw. Its bounds stand in place of an onset, or measure with --steps.",
	"onset_in_retrial_mode": "In retrial mode retransmitted SYNs hide where loss began. Measure in loss mode, with a --connect-timeout under 1 s.",
	"onset_needs_steps":     "An onset needs separate trials at several constant rates (--steps).",
	"onset_needs_limit":     "The backlog limit was not seen, so the time that the queue takes to fill is not known. Name the listener with --probe-listener.",
	"onset_of_too_many":     "{trials|count trial} are more than the {limit|count} that are fitted.",
	"onset_of_no_trial":     "No trial ran to its end.",
	"no_failure":            "No request failed up to {rate|rate4}, the highest rate offered.",
	"no_overflow":           "The queue did not overflow up to {rate|rate4}, the highest rate offered.",
	"uncounted":             "Overflows are not known: the kernel's counters were not sampled around its trials.",
	"uncounted_unix":        "Overflows are not known: no kernel counter has those of a unix socket.",
	"onset_of_nothing":      "No trial offered a request.",
	"onset_of_short_trials": "Each trial offered fewer requests than the queue and the workers take in. Make trials longer.",
	"onset_below_all":       "In each of {trials|count trial} requests were lost, so all were above capacity.[ {offer}]",
	"onset_above_all":       "Losses did not grow with the rate in {trials|count trial} up to {top|rate4} ({bad|percent2} failed).[ {offer}]",
	"onset_of_few_trials":   "{trials|count trial} are too few for an interval, the minimum is {least}.[ {offer}]",
	"onset_of_one_side":     "Of {trials|count trial}, {below} were below capacity and {beyond} above. The minimum is {least} of each.[ {offer}]",
	"offer_rates":           "Offer trials from {from|rate4} to {to|rate4}.",

	// The highest sustained rate.
	"sustained_rate": "Highest sustained rate, from {trials|count trial} of {trial|seconds}. {goals}",
	"goal_reached":   "With [at most {bad|percent} bad|no bad request], {lower|rate4} was sustained and {upper|rate4} was not.",
	"goal_inconclusive": "With [at most {bad|percent} bad|no bad request], inconclusive" +
		"[ between {lower|rate4} and {upper|rate4}| above {lower|rate4}| below {upper|rate4}].[ {why}]",

	"search_no_upper":  "{rate|rate4}, the highest rate of a search, was sustained.",
	"search_no_lower":  "No rate that was offered was sustained.",
	"search_saturated": "The generator could not offer the next rate.",
	"search_ended":     "The run ended before the search did.",
	"search_budget":    "The budget of {budget} was spent.",
	"search_trials_short": "Trials of {trial} are too short for [a queue of {slots|count slot}|a queue of unknown length (use --probe-listener)]. " +
		"Of what was sustained, only {lasting|rate4} is known to last.[ Set --trial-duration {need}, and a larger --budget.]",

	// The capacity.
	"capacity":                   "Capacity: {workers|count worker}[ × {connections|count connection}] ÷ {service|seconds4} = {computed|4}[, service time: {source}].",
	"capacity_unknown":           "The capacity is not known: give the number of workers (--workers) and their service time (--service-time).",
	"service_time_stated":        "stated",
	"service_time_client_median": "client median, one request at a time",
	"service_time_stamped":       "stamped by the backend",
	"service_time_stamped_idle":  "stamped by the backend; no trial saturated the workers",
	"workers_stated":             "{workers|count}, stated",
	"workers_summed":             "{workers|count}, stated: workers × what each serves at once, summed over backends that are not alike",
	"workers_counted":            "{workers|count}, counted: {evidence}",
	"workers_not_counted":        "not counted: {evidence}",

	// After the load.
	"recovery_recovered": "Requests were answered as before the load {back|seconds} after it ended.[ The accept queue was empty after {empty|seconds}.]" +
		"[ The last {dead|seconds} of that went into requests whose clients had gone (dead work).]",
	"recovery_retry_storm": notRecovered +
		"The accept queue overflowed {n|times} in the second half: retries or somebody else's load keep it full.",
	"recovery_dead_work": notRecovered +
		"{left|count connection} waited in the accept queue, although every client had gone. " +
		"The workers serve dead work; a smaller backlog would have rejected it.",
	"recovery_not_recovered": notRecovered + "[{left|count connection} waited in the accept queue.|" +
		"Requests took longer than {limit|seconds}, and the accept queue does not show why.]",
	"recovery_unknown": "Whether latency recovered is not known: no request before the load was answered.",

	// Moments and latencies in figures.
	"mark_load_passes_capacity":   "load passes {rate|rate4} (workers ÷ service time)",
	"mark_predicted_fill":         "{slots|count slot} should be full here, {after} after the trial began",
	"mark_first_overflow":         "first overflow",
	"mark_first_error":            "first request that failed or was late",
	"mark_event":                  "{host}: {event}",
	"guide_service_time":          "S, one service time",
	"guide_full_queue":            "S + C/μ, through a full queue of {slots|count}",
	"guide_proxy_connect_timeout": "proxy_connect_timeout",
	"guide_proxy_read_timeout":    "proxy_read_timeout",
	"guide_syn_retransmit":        "SYN {n}",
	"guide_connect_timeout":       "the client's connect timeout",

	// How far a probed host's times can be trusted.
	"clock": "[times are exact within {within|seconds} (shortest round trip {rtt|seconds})|times are as lines arrived, up to {early|seconds} too late|" +
		"times are as lines arrived, too late by an unknown delay]; " +
		"[its wall clock is {ahead} ahead of ours|its wall clock is {behind} behind ours|its wall clock agrees with ours][; it drifts by {drift} ppm]",
}

const notRecovered = "Did not recover within {observed|seconds} at {rate|rate}. "
