package words

// sideBySide: what documents of several runs say around their tables.
var sideBySide = Sentences{
	"compare.arms": "{a} with {b}",
	"compare.arm":  "[{label}: ]{run}, lane {lane}, {at}",

	"proxy.adds":       "p50 {p50}[, p99 {p99}]",
	"proxy.adds_none":  "no latency found: p50 {p50}",
	"proxy.hides":      "failures: {points}",
	"proxy.hides_more": "no failures, it adds some: {points}",
	"proxy.hides_none": "no failures found: {points}",
	"proxy.costs":      "onset × {quotient}[: no loss found, {mdc|percent2} would show]",

	"plot.trial":      "{arm}, trial {trial}: {goodput|rate} of {rate|rate} offered",
	"plot.percentile": "{arm}: one request in {n|number} took longer than {time}",

	"dose.title": "Dose-response: does the onset move with workers ÷ service time?",
	"dose.caption": "Each point is a run, with 95 % intervals, on logarithmic axes. On the dashed line" +
		" failures begin at workers ÷ service time.",
	"dose.run": "{run}: onset {onset} at a capacity of {capacity}, quotient {quotient|quotient}",
}
