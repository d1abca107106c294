package words

// gates: why an assertion has no better answer, and what a reader has to know beside one.
var gates = Sentences{
	"gate_both":           "{parts}",
	"gate_of_operand":     "{operand}: {why}",
	"interval_over_limit": "The interval reaches over the limit. More requests or trials make it narrower.",
	"division_by_0":       "The divisor is 0.",

	// The whole run, and its baseline.
	"gate_run_invalid":      "The run is INVALID.[ {reasons}]",
	"gate_baseline_invalid": "The baseline is INVALID.[ {reasons}]",
	"gate_not_whole":        "The run did not end by itself ({ended}), so nothing passes.",
	"gate_no_lanes":         "The run has no lane.",
	"gate_run_has_no_lane":  "The run has no lane {lane}.",
	"gate_no_baseline":      "There is no baseline.",
	"baseline_no_lane":      "The baseline has no lane {lane}.",
	"baseline_differs":      "The {what}[ of {lane}] differs: {a}, baseline {b}.",
	"not_comparable":        "{text}",
	"no_baseline":           "The baseline in the record cannot be read: {error}",
	"gate_not_of_trials":    "The {metric} of single trials is not kept, so runs cannot be compared by it. Compare latency, or rates.",
	"gate_not_one_metric":   "Two runs are compared in one metric: write {metric} / baseline.{metric}.",

	// Requests and their times.
	"gate_no_outcome":          "No request that was due has an outcome.",
	"gate_no_such_request":     "There was no such request.",
	"gate_few_requests":        "{requests|count request} are too few for a {percentile}.",
	"gate_percentile_not_kept": "The trials have too many latencies to keep: only p50, p90, p99 and p99.9 are known.",

	// The kernel, the proxy's log and the health checks.
	"gate_unix_uncounted":    "No kernel counter counts this for a unix socket.",
	"gate_unread":            "The kernel was not read around the trials of this lane, or it has no such counter.",
	"gate_partly_read":       "The kernel was not read around every trial, so there may be more.",
	"gate_queue_unseen":      "The accept queue of this lane was not seen.",
	"gate_no_onset":          "No onset is known.",
	"gate_no_overflow":       "No overflow happened while there was load.",
	"gate_not_drained":       "One trial's queue was not empty when it was given up.",
	"gate_backend_unread":    "The use of the backend's host was not read around the trials of this lane.",
	"gate_log_silent":        "Nothing came from {source} while this lane's trials ran.",
	"gate_not_in_access_log": "No request of this lane is in an access log of NGINX.",
	"gate_no_check_answered": "No health check of that time was answered, or the record does not have its time.",

	// Estimates.
	"gate_no_plateau":              "No complete trial lost more than 5 %, so none shows a plateau.",
	"gate_plateau_without_backlog": "No interval: the backlog limit is not known, nor what the queue absorbed.",
	"gate_plateau_of_few":          "No interval: fewer than 6 trials were overloaded.",
	"gate_needs_workers":           "This needs the number of workers and their service time.",
	"gate_no_search":               "The run was no search.",

	// Windows.
	"gate_no_timeline": "The run has no timeline of this lane.",
	"gate_not_of_bins": "Windows of {over} are not whole bins of {bin|seconds0}.",
	"gate_no_window":   "There is no window of {over}: the longest stretch is {longest}.",
	"gate_window":      "This is the window from {from|seconds0} on, of {windows}.",
	"gate_cut_window":  "The load was ended before a window of {over} was full.",
	"gate_no_event":    "Nothing was done to a server while this lane's trials ran.",
	"gate_not_mended":  "Afterwards there were no {tail} of load in which fewer than {share|percent2} failed.",
}
