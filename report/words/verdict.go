package words

// verdicts: what a run showed: onsets, searches, recovery, capacity.
var verdicts = Sentences{
	// At which rate failures began.
	"onset": "[Requests failed{failures}|The accept queue overflowed] from {onset} on[, {ratio} of the computed capacity].",
	"onset_between": "[Requests first failed{failures}|The accept queue first overflowed] between {low|rate} and {high|rate}" +
		"[, {share_low|ratio} to {share_high|ratio} of the computed capacity] ({method}).[ While the queue filled, the workers served {busy|rate}.]",
	"onset_unknown":     "No onset: {why}.",
	"ended_early":       "The run did not end by itself ({ended}). The report has what there is of it.",
	"proxy_over_direct": "Through the proxy, failures began at {ratio} of the direct rate.",
	"cause": "{cause}[ {overflows|count overflow} for {failures|count failure} that they could explain: ratio {ratio|ratio}, {verdict}.]" +
		"[ Evidence: level {level} of 4, {evidence}.]",

	// The highest sustained rate.
	"sustained_rate": "Highest sustained rate, from {trials|count trial} of {trial|seconds}. {goals}",
	"goal_reached":   "With [at most {bad|percent} bad|no bad request], {lower|rate4} was sustained and {upper|rate4} was not.",
	"goal_inconclusive": "With [at most {bad|percent} bad|no bad request], inconclusive" +
		"[ between {lower|rate4} and {upper|rate4}| above {lower|rate4}| below {upper|rate4}]: {why}.",

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
	"recovery_retry_storm": notRecovered + "The accept queue overflowed {n|times} in the second half: retries or somebody else's load keep it full.",
	"recovery_dead_work": notRecovered + "{left|count connection} waited in the accept queue, although every client had gone. " +
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
